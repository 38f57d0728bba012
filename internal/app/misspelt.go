package app

import (
	"regexp"
	"slices"
	"strings"
)

// Misspelt is a variable that begins as ours do and is not a setting, and the
// setting that is most similar.
type Misspelt struct{ Name, Nearest string }

// ofKubernetes are the variables that Kubernetes makes in each container for a
// Service called broker.
var ofKubernetes = regexp.MustCompile(`^BROKER_(SERVICE_(HOST|PORT)|PORT)(_|$)`)

func (m *Mistakes) know(name string) { m.known = append(m.known, name) }

// Misspelt finds the variables in environ, as os.Environ gives them, that no
// command reads. others are variables that are read without being a setting.
func (m *Mistakes) Misspelt(environ []string, others ...string) []Misspelt {
	known := slices.Concat(m.known, others)
	var found []Misspelt
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "BROKER_") && !slices.Contains(known, name) && !ofKubernetes.MatchString(name) {
			found = append(found, Misspelt{name, nearest(name, known)})
		}
	}
	return found
}

func nearest(name string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int { return edits(name, a) - edits(name, b) })
}

// edits is how many characters must be inserted, removed or changed to make b
// from a (Levenshtein's distance).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
