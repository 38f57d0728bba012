package docsite

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// entry is what the search finds: the text under one heading. docs.js reads it.
type entry struct {
	Page    string `json:"page"`
	Heading string `json:"heading"`
	URL     string `json:"url"`
	Text    string `json:"text"`
}

// entries are the page by its headings.
func (p *page) entries() (all []entry) {
	for i, text := range p.text {
		text = strings.Join(strings.Fields(text), " ")
		e := entry{Page: p.title, Heading: p.title, URL: p.file, Text: text}
		if i > 0 {
			h := p.headings[i-1]
			e.Heading, e.URL = h.Text, p.file+"#"+h.ID
		}
		if text != "" {
			all = append(all, e)
		}
	}
	return all
}

func searchable(index []entry) ([]byte, error) { return json.Marshal(index) }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
