//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"slipway/e2e/providers/result"
	"slipway/internal/provider"
)

// Where a run is written down.
const (
	resultsFile  = "docs/providers/results.json"
	pageFile     = "docs/providers.md"
	measuredFile = "internal/provider/measured/"
)

// write keeps the run and the profiles that it measured. Servers that were not
// run keep what stands of them.
func write(report *result.Report) error {
	all, err := result.Read(resultsFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	all.Take(report)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(resultsFile), 0o755); err != nil { //nolint:gosec // documentation
		return err
	}
	if err := os.WriteFile(resultsFile, append(text, '\n'), 0o644); err != nil { //nolint:gosec // documentation
		return err
	}
	var failed []error
	for _, s := range report.Servers {
		if _, known := provider.Named(s.Name); known && s.Profile != nil {
			failed = append(failed, s.Measured().Write(measuredFile+s.Name+".json"))
		}
	}
	return errors.Join(failed...)
}

// page makes the documentation of what was written down. It has to be a
// program that was built since, as the profiles are in it.
func page() error {
	report, err := result.Read(resultsFile)
	if err != nil {
		return err
	}
	return os.WriteFile(pageFile, []byte(report.Page(provider.All())), 0o644) //nolint:gosec // documentation
}
