// Package web holds what browsers load: recorder.js with its modules, and the
// broker's own pages.
package web

import "embed"

// Files is this folder, without what only development needs.
//
//go:embed *.js disk webm pages
var Files embed.FS
