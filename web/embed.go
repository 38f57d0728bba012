// Package web holds what browsers load: recorder.js with its modules, and the
// broker's own pages. CONTRIBUTING.md says what each folder is for. A broker
// serves it as a Site: bundled, or module by module for development.
package web

import (
	"embed"
	"encoding/json"
)

// Files is this folder, without what only development needs.
//
//go:embed package.json *.js base broker bytes capture check checksum composite container disk element job messages mp4 pages player recorder s3 webm
var Files embed.FS

// Version is Slipway's version. package.json is the one place that says it.
var Version = func() string {
	var manifest struct{ Version string }
	text, err := Files.ReadFile("package.json")
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil {
		panic("web: package.json: " + err.Error())
	}
	return manifest.Version
}()
