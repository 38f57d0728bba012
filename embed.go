// Package slipway holds what people read about Slipway: the pages of docs, and
// the pages beside the code that they link to. Package docsite makes a site of
// them.
package slipway

import "embed"

// Pages are the Markdown files and their pictures, by their path in the
// repository.
//
//go:embed *.md docs/*.md docs/*.png docs/pictures/*.svg docs/benchmarks/*.md docs/benchmarks/*.svg
//go:embed kit/*/README.md deploy/*/README.md deploy/*/*.json
var Pages embed.FS
