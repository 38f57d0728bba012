// Package provider says, as data, what an S3 provider can do: how many parts
// it takes and how small, which checksums it takes, what its ETags are, what
// it lists. Each fact has its source, and the day on which it was read or run.
//
// A broker uses the profile of its provider from the start, and learns the
// rest from answers (package bucket). `broker doctor` measures a profile.
package provider

import (
	"net/url"
	"slices"
	"strings"
)

// Fact is one thing that is known about a provider. The zero Fact is unknown.
type Fact[T any] struct {
	Value  T      `json:"value"`
	Source string `json:"source"`        // who says so; empty: nobody
	Day    string `json:"day"`           // when it was run or read, as 2026-11-29
	Run    bool   `json:"run,omitempty"` // it was seen on the server itself

	// Unchecked: nobody here could open the source on that day, so the fact is
	// somebody's word.
	Unchecked bool `json:"unchecked,omitempty"`
}

// Known says whether somebody stated the fact.
func (f Fact[T]) Known() bool { return f.Source != "" }

// Or is the value, or other if nothing is known.
func (f Fact[T]) Or(other T) T {
	if f.Known() {
		return f.Value
	}
	return other
}

// Profile is what a provider can do. Its JSON is what `broker doctor
// --write-profile` writes and BROKER_S3_PROFILE reads.
type Profile struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Hosts []string `json:"hosts,omitempty"` // how the names of its endpoints end
	Calls []string `json:"calls,omitempty"` // how its Server header begins

	PathStyle  Fact[bool]     `json:"path_style,omitzero"` // the bucket may stand in the path of an address
	MaxParts   Fact[int]      `json:"max_parts,omitzero"`
	MinPart    Fact[int64]    `json:"min_part,omitzero"` // bytes, of every part but the last
	EqualParts Fact[bool]     `json:"equal_parts,omitzero"`
	Checksums  Fact[[]string] `json:"checksums,omitzero"` // of parts, signed in the URL; the best first

	IfNoneMatch     Fact[bool] `json:"if_none_match,omitzero"` // on complete
	ObjectSize      Fact[bool] `json:"mp_object_size,omitzero"`
	OpaqueETags     Fact[bool] `json:"opaque_etags,omitzero"`      // an object's is not the MD5 of its parts' MD5s
	OpaquePartETags Fact[bool] `json:"opaque_part_etags,omitzero"` // a part's is not its MD5

	ListsChecksums Fact[bool] `json:"lists_checksums,omitzero"` // in ListParts
	ListsByKeyOnly Fact[bool] `json:"lists_by_key_only,omitzero"`
	ListsEveryPut  Fact[bool] `json:"lists_every_put,omitzero"` // of a part number
	StoresCutPuts  Fact[bool] `json:"stores_cut_puts,omitzero"` // whole, the rest zeros
	UnsignedCopy   Fact[bool] `json:"unsigned_copy,omitzero"`   // x-amz-copy-source is carried out

	RefusesWith Fact[string]   `json:"refuses_with,omitzero"` // what it answers to a header that it does not know
	GoneCodes   Fact[[]string] `json:"gone_codes,omitzero"`   // of ListParts, once an upload has ended

	CORSCall  Fact[bool] `json:"cors_call,omitzero"`
	AbortRule Fact[bool] `json:"abort_rule,omitzero"` // AbortIncompleteMultipartUpload
	Tags      Fact[bool] `json:"tags,omitzero"`
	SSE       Fact[bool] `json:"sse,omitzero"` // AES256 or KMS, asked for by header

	ObjectLock Fact[bool] `json:"object_lock,omitzero"`
	Quirks     string     `json:"quirks,omitempty"`
}

// Algorithms are the words for checksums, the best first. A profile has no
// others.
var Algorithms = []string{"sha256", "crc32c", "md5"}

// ChecksumsOfParts are those that sessions can have, the best first; nil if
// nobody knows. If S3 keeps a checksum and does not list it, only the recorder
// can complete with it. So it is left out. Only Content-MD5 needs no listing,
// because S3 keeps nothing of it.
func (p *Profile) ChecksumsOfParts() []string {
	if !p.Checksums.Known() {
		return nil
	}
	return slices.DeleteFunc(append([]string{}, p.Checksums.Value...), func(name string) bool {
		return name != "md5" && !p.ListsChecksums.Or(true)
	})
}

// Lacks are the headers of a complete that the provider is known to refuse or
// ignore.
func (p *Profile) Lacks() (headers []string) {
	for _, h := range []struct {
		name string
		fact Fact[bool]
	}{{"If-None-Match", p.IfNoneMatch}, {"x-amz-mp-object-size", p.ObjectSize}} {
		if h.fact.Known() && !h.fact.Value {
			headers = append(headers, h.name)
		}
	}
	return headers
}

// Named returns the profile of that name.
func Named(name string) (*Profile, bool) {
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return nil, false
	}
	p := profiles[i]
	return &p, true
}

// Names are the names of all profiles.
func Names() (names []string) {
	for _, p := range profiles {
		names = append(names, p.Name)
	}
	return names
}

// All are the profiles in order of name; AWS is first.
func All() []Profile { return slices.Clone(profiles) }

// At returns the profile of the provider that runs the S3 at one of these
// addresses; "" is AWS. If nobody knows the address, At returns Unknown.
func At(addresses ...string) *Profile {
	for _, address := range addresses {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		for _, p := range profiles {
			if slices.ContainsFunc(p.Hosts, func(end string) bool { return endsIn(u.Hostname(), end) }) {
				return &p
			}
		}
		return Unknown()
	}
	aws, _ := Named("aws")
	return aws
}

func endsIn(host, end string) bool {
	return host == strings.TrimPrefix(end, ".") || strings.HasSuffix(host, "."+strings.TrimPrefix(end, "."))
}

// Called returns the profile of a server that calls itself so, nil if none does.
func Called(server string) *Profile {
	for _, p := range profiles {
		if slices.ContainsFunc(p.Calls, func(start string) bool { return strings.HasPrefix(server, start) }) {
			return &p
		}
	}
	return nil
}

// Unknown is the profile of a provider of which nothing is known.
func Unknown() *Profile {
	return &Profile{Name: "unknown", Title: "an S3 server of which nothing is known"}
}
