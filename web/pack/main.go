// Command pack writes the files of the npm package that are made: recorder.js
// as one file, the Worker's file, and what stands over recorder.js. `npm pack`
// runs it in web/.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"slipway/web"
)

func main() {
	if err := pack("dist"); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(folder string) error {
	site, err := web.Bundle(os.DirFS("."))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"recorder.js", "worker.js"} {
		asset, err := site.Asset(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), asset.Body, 0o644); err != nil {
			return err
		}
	}
	over, err := web.OverRecorder(os.DirFS("."))
	if err != nil {
		return err
	}
	for name, code := range over {
		if err := os.WriteFile(filepath.Join(folder, name), code, 0o644); err != nil {
			return err
		}
	}
	return nil
}
