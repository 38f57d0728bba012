//go:build linux

package main

import (
	"slipway/bench/result"
	"slipway/bench/rig"
)

// goals are what we set out to reach. No test asserts them: the report says
// which are met, and docs/benchmarks.md why others are not.
var goals = []result.Goal{
	{What: "sign without our record, times its floor", Table: "sign", Subject: "Slipway, no record", Metric: signCPU, Against: rig.Floor, Most: 1.8},
	{What: "sign with Redis, times its floor", Table: "sign", Subject: "Slipway", Metric: signCPU, Against: rig.RedisFloor, Most: 2},
	{What: "sign, requests per core, against Companion", Table: "sign", Subject: "Slipway", Metric: signCore, Against: "Companion, leanest", Least: 40},
	{What: "the same without our record", Table: "sign", Subject: "Slipway, no record", Metric: signCore, Against: "Companion, leanest", Least: 75},
	{What: "sign, p99 at 2,000 requests/s, times its floor", Table: "latency", Subject: "Slipway", Metric: lateName(2000, "p99"), Against: rig.RedisFloor, Most: 1.5},
	{What: "batch of 1,000, times its floor", Table: "batch", Subject: "Slipway", Metric: batchName(1000), Against: rig.Floor, Most: 3},
	{What: "batch of 1,000, against Companion's", Table: "batch", Subject: "Slipway", Metric: batchName(1000), Against: "Companion, leanest", Least: 300},
	{What: "server's CPU per GiB, each part signed when it exists, against tusd", Table: "bytes", Subject: "Slipway", Metric: bytesCPU, Against: "tusd", Least: 30},
	{What: "the same, all parts signed in one call", Table: "bytes", Subject: "Slipway, signed ahead", Metric: bytesCPU, Against: "tusd", Least: 200},
	{What: "the same, against tusd without its content hashes", Table: "bytes", Subject: "Slipway", Metric: bytesCPU, Against: "tusd, no content hashes", Least: 200},
	{What: "from stop to complete, after 20 s", Table: "stop", Subject: "Slipway", Metric: "after 20 s", Most: 5},
	{What: "from stop to complete, after 60 s", Table: "stop", Subject: "Slipway", Metric: "after 60 s", Most: 5},
	{What: "from stop to complete, after 180 s", Table: "stop", Subject: "Slipway", Metric: "after 180 s", Most: 5},
	{What: "the same after 60 s, against Uppy 6", Table: "stop", Subject: "Slipway", Metric: "after 60 s", Against: "Uppy 6", Least: 4},
	{What: "the same after 180 s, against Uppy 6", Table: "stop", Subject: "Slipway", Metric: "after 180 s", Against: "Uppy 6", Least: 12},
	{What: "lost of a recording whose tab is killed and comes back", Table: "lost", Subject: "Slipway", Metric: "the tab comes back", Most: 2},
	{What: "lost of one that never does", Table: "lost", Subject: "Slipway", Metric: "it never does", Most: 30},
	{What: "a file, against raw PUTs with the same hashing", Table: "file", Subject: "Slipway", Metric: "throughput", Against: "Raw PUTs", Least: 0.95},
	{What: "a file, against Uppy 6", Table: "file", Subject: "Slipway", Metric: "throughput", Against: "Uppy 6, parts of 16 MiB", Least: 1},
}
