//go:build linux

package main

import (
	"context"
	"time"
)

// check is one thing that a recording goes through, a row of the table.
type check struct {
	name string
	long bool // it takes minutes
	run  func(context.Context, *stage) error
}

const (
	shortWithin = 3 * time.Minute
	longWithin  = 20 * time.Minute
)

// unfit says why a check says nothing of a server.
type unfit string

func (u unfit) Error() string { return string(u) }

// checks are made in this order, over one server after the other.
var checks = []check{
	{"checksum none", false, whole("none")},
	{"checksum md5", false, whole("md5")},
	{"checksum crc32c", false, whole("crc32c")},
	{"checksum sha256", false, whole("sha256")},
	{"without a profile", false, unprofiled},
	{"a PUT that lands late", false, lateput},
	{"salvage", false, salvage},
	{"abort", false, abort},
	{"links", false, links},
	{"delete", false, remove},
	{"fetch", false, fetch},
	{"Redis is flushed while it records", false, flushed},
	{"rebuild", false, rebuild},
	{"orphans", false, orphans},
	{"virtual hosts", false, virtualHosts},
	{"a CA of one's own", false, privateCA},
	{"recorded in Chromium", false, chromium},
	{"10,000 parts", true, manyParts},
}
