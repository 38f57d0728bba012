package result

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"slipway/internal/devs3"
	"slipway/internal/provider"
)

// remedies say what to do if a check of doctor fails. Doctor judges a server of
// which nothing is known; with the remedy the check no longer matters.
var remedies = map[string]string{
	"s3-unsigned":     "playback signed with other credentials (`BROKER_S3_PLAYBACK_…`), which was not run there",
	"s3-cut":          "its profile: a part without a checksum that nobody reported is not trusted",
	"s3-part-numbers": "its profile: sessions have no more parts than it takes",
}

// Page is docs/providers.md: the run, and what is known of each provider.
func (r *Report) Page(profiles []provider.Profile) string {
	var b strings.Builder
	write := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format, args...) }
	write("%s", head)
	write("\n## Choose\n\n| provider | | what is lost, and where |\n|---|---|---|\n")
	for _, p := range profiles {
		lost := p.Consequences()
		if p.Quirks != "" {
			lost = append(lost, p.Quirks)
		}
		write("| %s `%s` | %s | %s |\n", p.Title, p.Name, r.verdict(&p), cell(strings.Join(lost, "; ")))
	}
	write("\n%s\n## The runs\n\nA server a column. Each was run as a whole, on the day that stands beside it above. What follows the checksums was run\nwithout one.\n\n", legend)
	r.matrix(write)
	r.trouble(write)
	write("\n## What is known of each\n\n%s", facts)
	for _, p := range profiles {
		writeFacts(write, &p)
	}
	return b.String()
}

const head = `<!-- Made by make providers (e2e/providers). Do not edit: change internal/provider, or run it again. -->
# S3 providers

For operators: which S3 a broker works with, and what a recording lacks there.

- **Run.** If a version and a day stand beside a server, we ran it. The production program measured it with
  ` + "`broker doctor`" + `, sent recordings through everything that can happen to them, and recorded in Chromium with
  the recorder's defaults. That includes [salvage](glossary.md#salvage), [links](glossary.md#link) and
  [orphans](glossary.md#orphan).
- **Not run.** We have no account with the other providers. What the page says about them is what others saw.

To measure yours, run ` + "`broker doctor --write-profile FILE`" + ` and then set ` + "`BROKER_S3_PROFILE=FILE`" + `; see
[The provider](ops.md#the-provider). A [session](glossary.md#session) is one recording, and a [part](glossary.md#part)
is a piece of its upload.
`

const legend = `- **works**: doctor found nothing that fails, and every row below succeeded.
- **works with**: every row below succeeded, and what doctor fails no longer matters if you do what is named.
- **does not**: what is named fails; doctor's checks are written as ` + "`this`" + `. Recordings fail or are lost there, or somebody
  can get past a limit.
- **not run**: nobody here could run it. If it is *played*, the tests run recorder.js in Chromium over a server that
  refuses what others saw refused.
`

const facts = `A fact is *run* if we saw it on the server itself. It is *unchecked* if somebody stated it on a page that we could not
open on that day. Otherwise we *read* it at its source.
`

// verdict says in short whether a provider can be used.
func (r *Report) verdict(p *provider.Profile) string {
	i := slices.IndexFunc(r.Servers, func(s Server) bool { return s.Name == p.Name })
	switch {
	case i < 0 && slices.Contains(devs3.Manners(), p.Name): // nobody here has an account with it
		return "not run; *played* by devs3"
	case i < 0:
		return "not run"
	}
	return r.Servers[i].verdict()
}

// verdict says in short whether a server that was run can be used.
func (s *Server) verdict() string {
	var fails, with []string
	for _, v := range s.Fails() {
		if remedy := remedies[v.Name]; remedy != "" {
			with = append(with, remedy)
		} else {
			fails = append(fails, "`"+v.Name+"`")
		}
	}
	for _, c := range s.Checks {
		if c.Outcome == Failed {
			fails = append(fails, c.Name)
		}
	}
	ran := fmt.Sprintf("(%s, %s)", s.Version, s.Day)
	switch {
	case len(fails) > 0:
		return fmt.Sprintf("**does not** %s: %s", ran, strings.Join(slices.Compact(fails), ", "))
	case len(with) > 0:
		return fmt.Sprintf("**works with** %s: %s", ran, strings.Join(slices.Compact(with), "; "))
	}
	return "**works** " + ran
}

var signs = map[Outcome]string{OK: "✓", Failed: "✗", Unfit: "–", "": ""}

func (r *Report) matrix(write func(string, ...any)) {
	write("|")
	for _, s := range r.Servers {
		write(" | %s %s", s.Title, s.Version)
	}
	write(" |\n|---%s|\n| doctor: fails, warns", strings.Repeat("|---", len(r.Servers)))
	for _, s := range r.Servers {
		write(" | %d, %d", len(s.Fails()), len(s.verdicts("warn")))
	}
	write(" |\n")
	for _, name := range r.rows() {
		write("| %s", name)
		for _, s := range r.Servers {
			c := s.find(name)
			sign := signs[c.Outcome]
			if c.Outcome == Unfit {
				sign += " " + cell(c.Saw)
			}
			write(" | %s", sign)
		}
		write(" |\n")
	}
}

// trouble lists what failed, in the words of the check that saw it.
func (r *Report) trouble(write func(string, ...any)) {
	for _, s := range r.Servers {
		var lines []string
		for _, v := range s.Doctor {
			lines = append(lines, fmt.Sprintf("- doctor, %s, `%s`: %s", v.Status, v.Name, v.Saw))
		}
		for _, c := range s.Checks {
			if c.Outcome == Failed {
				lines = append(lines, fmt.Sprintf("- %s: %s", c.Name, c.Saw))
			}
		}
		for _, kind := range s.Rules {
			lines = append(lines, fmt.Sprintf("- `broker bucket apply` passes over its %s", kind))
		}
		if len(lines) > 0 {
			write("\n**%s %s**\n\n%s\n", s.Title, s.Version, strings.Join(lines, "\n"))
		}
	}
}

func writeFacts(write func(string, ...any), p *provider.Profile) {
	write("\n### %s\n\n", p.Title)
	if len(p.Hosts) > 0 {
		write("Known by its hosts: `%s`.\n\n", strings.Join(p.Hosts, "`, `"))
	}
	v := reflect.ValueOf(*p)
	none := true
	for i := range v.NumField() {
		fact := v.Field(i)
		if fact.Kind() != reflect.Struct || fact.IsZero() {
			continue
		}
		if none {
			write("| fact | | | source |\n|---|---|---|---|\n")
		}
		none = false
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		how := "read"
		if fact.FieldByName("Run").Bool() {
			how = "run"
		} else if fact.FieldByName("Unchecked").Bool() {
			how = "unchecked"
		}
		write("| `%s` | %v | %s | %s, %s |\n", name, fact.FieldByName("Value").Interface(), how, cell(fact.FieldByName("Source").String()), fact.FieldByName("Day").String())
	}
	if none {
		write("Nothing is known.\n")
	}
}

// cell is text that fits into a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }
