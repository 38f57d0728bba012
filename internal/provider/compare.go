package provider

import (
	"fmt"
	"reflect"
	"strings"
)

// Row is one fact, as it was found and as it was expected.
type Row struct{ Fact, Found, Expected string }

// Rows are the facts that either profile knows. A fact that nobody tried is
// found as "not tried".
func Rows(found, expected *Profile) (rows []Row) {
	f, e := reflect.ValueOf(*found), reflect.ValueOf(*expected)
	for i := range f.NumField() {
		if f.Field(i).Kind() != reflect.Struct || f.Field(i).IsZero() && e.Field(i).IsZero() {
			continue
		}
		name, _, _ := strings.Cut(f.Type().Field(i).Tag.Get("json"), ",")
		row := Row{name, text(f.Field(i)), text(e.Field(i))}
		if reflect.DeepEqual(f.Field(i).Interface(), e.Field(i).Interface()) {
			row.Found = "not tried"
		}
		rows = append(rows, row)
	}
	return rows
}

// text is the value of a fact for people.
func text(fact reflect.Value) string {
	if fact.IsZero() {
		return "unknown"
	}
	switch v := fact.FieldByName("Value").Interface().(type) {
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case []string:
		if len(v) == 0 {
			return "none"
		}
		return strings.Join(v, " ")
	default:
		return fmt.Sprint(v)
	}
}

// Differences names each fact that both profiles know and that differs.
func Differences(found, expected *Profile) (lines []string) {
	f, e := reflect.ValueOf(*found), reflect.ValueOf(*expected)
	for i := range f.NumField() {
		if f.Field(i).Kind() != reflect.Struct || f.Field(i).IsZero() || e.Field(i).IsZero() {
			continue
		}
		have, want := f.Field(i).FieldByName("Value").Interface(), e.Field(i).FieldByName("Value").Interface()
		if !reflect.DeepEqual(have, want) {
			name, _, _ := strings.Cut(f.Type().Field(i).Tag.Get("json"), ",")
			lines = append(lines, fmt.Sprintf("%s is %v and not %v", name, have, want))
		}
	}
	return lines
}
