package provider

import (
	"embed"
	"fmt"
	"reflect"
)

// measured holds what `broker doctor` saw on servers that were run, a file for
// each: `make providers` writes them.
//
//go:embed measured/*.json
var measured embed.FS

// profiles are the rows, with measured facts instead of those that were read.
var profiles = layAll(rows)

func layAll(rows []Profile) []Profile {
	files, err := measured.ReadDir("measured")
	if err != nil {
		panic(err) // it is embedded
	}
	for _, file := range files {
		text, err := measured.ReadFile("measured/" + file.Name())
		if err != nil {
			panic(err)
		}
		p, err := parse(text)
		if err != nil {
			panic(fmt.Sprintf("measured/%s: %v", file.Name(), err)) // a test reads them
		}
		for i := range rows {
			if rows[i].Name == p.Name {
				rows[i].lay(p)
			}
		}
	}
	return rows
}

// lay takes over each fact that other knows.
func (p *Profile) lay(other *Profile) {
	to, from := reflect.ValueOf(p).Elem(), reflect.ValueOf(*other)
	for i := range to.NumField() {
		if to.Field(i).Kind() == reflect.Struct && !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
}

// Measured is p with only the facts that were run, and with this source.
func (p *Profile) Measured(source string) *Profile {
	only := &Profile{Name: p.Name, Title: p.Title}
	to, from := reflect.ValueOf(only).Elem(), reflect.ValueOf(*p)
	for i := range to.NumField() {
		if from.Field(i).Kind() == reflect.Struct && from.Field(i).FieldByName("Run").Bool() {
			to.Field(i).Set(from.Field(i))
			to.Field(i).FieldByName("Source").SetString(source)
		}
	}
	return only
}
