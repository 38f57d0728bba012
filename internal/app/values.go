package app

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Bytes is a size. It is written as a number of bytes, or with one of the
// units KiB, MiB, GiB.
type Bytes int64

var units = []struct {
	suffix string
	bytes  int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

// ParseBytes reads what Bytes is written as.
func ParseBytes(text string) (Bytes, error) {
	for _, u := range units {
		if digits, ok := strings.CutSuffix(text, u.suffix); ok {
			n, err := strconv.ParseInt(digits, 10, 64)
			if err != nil || n < 0 || n > (1<<62)/u.bytes {
				break
			}
			return Bytes(n * u.bytes), nil
		}
	}
	return 0, fmt.Errorf("%q is not a size such as 5242880 or 5MiB", text)
}

// Mistakes collects the values that cannot be read at all. So they are
// reported together with those that are out of range.
type Mistakes struct {
	unreadable map[string]error // by variable; nil: a valid flag overrides it
	known      []string         // variables of all settings
}

// Mappers are the options that make kong read sizes, durations, numbers and
// switches into Mistakes, and name defaults and ranges in its help.
func (m *Mistakes) Mappers() []kong.Option {
	return []kong.Option{
		kong.TypeMapper(reflect.TypeFor[Bytes](), m.mapper(func(text string) (any, error) { return ParseBytes(text) })),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), m.mapper(func(text string) (any, error) {
			d, err := time.ParseDuration(text)
			if err != nil {
				return nil, fmt.Errorf("%q is not a duration such as 90s, 15m or 24h", text)
			}
			return d, nil
		})),
		kong.TypeMapper(reflect.TypeFor[int](), m.mapper(func(text string) (any, error) {
			n, err := strconv.Atoi(text)
			if err != nil {
				return nil, fmt.Errorf("%q is not a whole number such as 100", text)
			}
			return n, nil
		})),
		kong.TypeMapper(reflect.TypeFor[float64](), m.mapper(func(text string) (any, error) {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("%q is not a number such as 0.023", text)
			}
			return n, nil
		})),
		kong.TypeMapper(reflect.TypeFor[bool](), switchMapper{m.mapper(func(text string) (any, error) {
			on, err := strconv.ParseBool(text)
			if err != nil {
				return nil, fmt.Errorf("%q is not true or false", text)
			}
			return on, nil
		})}),
		kong.ValueFormatter(describe),
		kong.PostBuild(m.readFiles),
	}
}

// describe is a setting's line in the help.
func describe(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if v.Default != "" {
		help += " Default: " + v.Default + "."
	}
	if v.Tag.Has(secretTag) {
		help += fmt.Sprintf(" Its value may also be in a file that %s names.", v.Tag.Envs[0]+fileSuffix)
	}
	if low := v.Tag.Get("min"); low != "" {
		help += fmt.Sprintf(" Range: %s to %s.", low, v.Tag.Get("max"))
	}
	return help
}

func (m *Mistakes) mapper(parse func(string) (any, error)) kong.MapperFunc {
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		token, err := ctx.Scan.PopValue("a value")
		if err != nil {
			return err
		}
		value, err := parse(fmt.Sprint(token.Value))
		if err == nil {
			target.Set(reflect.ValueOf(value))
		}
		if len(ctx.Value.Tag.Envs) == 0 {
			return err
		}
		// kong reads a flag into a copy, and then the variable or the default
		// into the field itself, although the flag will override it.
		m.note(ctx.Value.Tag.Envs[0], err, target.Addr().Interface() != ctx.Value.Target.Addr().Interface())
		return nil
	}
}

// note keeps what is wrong with a setting. A flag takes precedence over its
// variable.
func (m *Mistakes) note(setting string, err error, flag bool) {
	if _, said := m.unreadable[setting]; !flag && (said || err == nil) {
		return
	}
	if m.unreadable == nil {
		m.unreadable = map[string]error{}
	}
	m.unreadable[setting] = err
}

// switchMapper needs no value: the flag alone means true.
type switchMapper struct{ kong.MapperFunc }

func (switchMapper) IsBool() bool { return true }

func (m switchMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		ctx.Scan.PushTyped("true", kong.FlagValueToken)
	}
	return m.MapperFunc.Decode(ctx, target)
}

// resolver is Settings, or S3Settings alone.
type resolver interface{ resolve() problems }

// Resolve is s.Resolve, together with the values that could not be read. It
// leaves out mistakes that only follow from an unreadable value.
func (m *Mistakes) Resolve(s resolver) error {
	var p problems
	variables := variablesOf(reflect.TypeOf(s).Elem())
	for setting, err := range m.unreadable {
		if slices.Contains(variables, setting) {
			p.add(setting, err)
		}
	}
	for _, problem := range s.resolve() {
		if !m.explains(problem) {
			p = append(p, problem)
		}
	}
	return p.err()
}

func (m *Mistakes) explains(problem string) bool {
	for setting, err := range m.unreadable {
		if err != nil && strings.Contains(problem, setting) {
			return true
		}
	}
	return false
}

// variablesOf lists the environment variables of a struct of settings.
func variablesOf(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if name := field.Tag.Get("env"); name != "" {
			names = append(names, name)
		} else if field.Type.Kind() == reflect.Struct {
			names = append(names, variablesOf(field.Type)...)
		}
	}
	return names
}

// problems is a list of mistakes in settings, each "VARIABLE: what is wrong".
type problems []string

// add adds the text of err, if there is one. If err is several joined errors,
// add adds each on its own.
func (p *problems) add(setting string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			p.add(setting, e)
		}
		return
	}
	if problem := setting + ": " + err.Error(); !slices.Contains(*p, problem) {
		*p = append(*p, problem)
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.Sort(p)
	return errors.New(strings.Join(p, "\n"))
}

// ranges checks every field of a struct of settings against its min and max
// tags.
func ranges(s any) problems {
	var p problems
	for field, v := range reflect.ValueOf(s).Elem().Fields() {
		env := field.Tag.Get("env")
		if env == "" && v.Kind() == reflect.Struct {
			p = append(p, ranges(v.Addr().Interface())...)
			continue
		}
		low, high, n, ok := bounds(v, field.Tag.Get("min"), field.Tag.Get("max"))
		if ok && (n < low || n > high) {
			p.add(env, fmt.Errorf("%v is outside %s to %s", v.Interface(), field.Tag.Get("min"), field.Tag.Get("max")))
		}
	}
	return p
}

func bounds(field reflect.Value, minTag, maxTag string) (low, high, n int64, ok bool) {
	if minTag == "" {
		return 0, 0, 0, false
	}
	parse := func(text string) int64 {
		if field.Type() == reflect.TypeFor[time.Duration]() {
			d, err := time.ParseDuration(text)
			must(err)
			return int64(d)
		}
		b, err := ParseBytes(text)
		must(err)
		return int64(b)
	}
	return parse(minTag), parse(maxTag), field.Int(), true
}

// must panics if a tag is written wrong; every test run would see it.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
