// Command site writes the documentation as a folder of static files, which any
// web server can serve. broker-dev serves the same under /docs.
//
//	go run ./docs/site bin/docs
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"slipway"
	"slipway/api"
	"slipway/internal/docsite"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "site: name one folder, such as bin/docs")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	files, err := docsite.Build(slipway.Pages, api.OpenAPI)
	if err != nil {
		return err
	}
	for name, body := range files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, body, 0o644); err != nil {
			return err
		}
	}
	return nil
}
