package result

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"slipway/internal/devs3"
	"slipway/internal/provider"
)

// remedies say what makes a check of doctor, which fails where nothing is known
// of the server, no matter.
var remedies = map[string]string{
	"s3-unsigned":     "playback signed by others (`BROKER_S3_PLAYBACK_…`)",
	"s3-cut":          "its profile: a part without a checksum that nobody reported is not trusted",
	"s3-part-numbers": "its profile: sessions keep to its most parts",
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
	write("\n%s\n## The run\n\n", legend)
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

Which S3 a broker works with, and what a recording lacks there. The servers marked with a version and a day were run: the
production program measured each with ` + "`broker doctor`" + `, sent recordings through everything that befalls them, and recorded in Chromium
with the recorder's defaults. Nobody here has an account with the others: what stands of them is what others saw. Measure yours:
` + "`broker doctor --write-profile FILE`" + `, then ` + "`BROKER_S3_PROFILE=FILE`" + `, see [Doctor](ops.md#doctor).
`

const legend = `**works**: doctor found nothing that fails, and everything below held. **works with**: the same, where what is named is done.
**does not**: what is named fails, doctor's checks as ` + "`this`" + `; recordings fail or are lost there, or somebody gets past a limit. **not run**: nobody here could; where it is
*played*, the tests run recorder.js in Chromium over a server that refuses what others saw refused.
`

const facts = `A fact is *run* if it was seen on the server itself. It is *unchecked* if it stands here on somebody's word, whose page nobody here could open
on the day.
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

// verdict says so of a server that was run.
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

// trouble lists what did not hold, in the words of who saw it.
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
