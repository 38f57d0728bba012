package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxFile is more than any profile needs, in bytes.
const maxFile = 64 << 10

// Choose returns the profile that a setting means. auto looks at the
// addresses, a name is one of ours, and anything else is a file.
func Choose(setting string, addresses ...string) (*Profile, error) {
	if setting == "" || setting == "auto" {
		return At(addresses...), nil
	}
	if p, ok := Named(setting); ok {
		return p, nil
	}
	if !strings.ContainsAny(setting, "./\\") {
		return nil, fmt.Errorf("%q is not a provider; known are auto, %s, and files, whose names contain a dot or a slash", setting, strings.Join(Names(), ", "))
	}
	return Read(setting)
}

// Read returns the profile in a file.
func Read(name string) (*Profile, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, err
	}
	return parse(text)
}

func parse(text []byte) (*Profile, error) {
	var p Profile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("not a provider's profile: %w", err)
	}
	switch {
	case p.MaxParts.Known() && (p.MaxParts.Value < 1 || p.MaxParts.Value > 10_000):
		return nil, fmt.Errorf("max_parts is %d; S3 has 1 to 10,000", p.MaxParts.Value)
	case p.MinPart.Known() && (p.MinPart.Value < 1 || p.MinPart.Value > 5<<30):
		return nil, fmt.Errorf("min_part is %d bytes; S3 has 1 to 5 GiB", p.MinPart.Value)
	}
	for _, name := range p.Checksums.Value {
		if !slices.Contains(Algorithms, name) {
			return nil, fmt.Errorf("checksums has %.20q; known are %s", name, strings.Join(Algorithms, ", "))
		}
	}
	return &p, nil
}

// Write puts p in a file, which Read reads.
func (p *Profile) Write(name string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644) //nolint:gosec // it holds no secret
}
