package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"slipway/internal/client"
)

// targetsOf is what a command shall act on. If the arguments name targets, all
// of them are checked before the first is acted on. If the one argument is
// "-", they are the rows of a list on standard input, as they come. named
// reads an argument, and listed says what is wrong with a row.
func targetsOf[T any](args []string, named func(string) (T, error), listed func(T) error) (iter.Seq2[T, error], error) {
	if len(args) == 1 && args[0] == "-" {
		return rowsOf(os.Stdin, listed), nil
	}
	var targets []T
	for _, arg := range args {
		if arg == "-" {
			return nil, usage("- must stand alone, because then everything comes from standard input")
		}
		target, err := named(arg)
		if err != nil {
			return nil, err
		}
		targets = append(targets, target)
	}
	return func(yield func(T, error) bool) {
		for _, target := range targets {
			if !yield(target, nil) {
				return
			}
		}
	}, nil
}

// rowsOf reads JSON objects. A wrong row ends it, because the user meant to
// send something else.
func rowsOf[T any](r io.Reader, wrong func(T) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		in := jsontext.NewDecoder(r)
		for n := 1; ; n++ {
			var row T
			err := json.UnmarshalDecode(in, &row)
			if err == io.EOF {
				return
			}
			if err == nil {
				err = wrong(row)
			}
			if err != nil {
				err = usage("row %d on standard input: %w", n, err)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// forEach acts on every target. After a refusal it says so and goes on. In the
// end it fails with the code of the refusals, or with 1 if they were of
// several kinds. It stops if the next target cannot succeed either.
func forEach[T fmt.Stringer](targets iter.Seq2[T, error], act func(T) error) error {
	var all, failed, code int
	for target, err := range targets {
		if err != nil {
			return err
		}
		all++
		if err = act(target); err == nil {
			continue
		}
		err = fmt.Errorf("%s: %w", printable(target.String()), err)
		if hopeless(err) {
			return err
		}
		complain(err)
		if failed++; failed == 1 {
			code = codeOf(err)
		} else if code != codeOf(err) {
			code = exitFailed
		}
	}
	switch {
	case failed == 0:
		return nil
	case all == 1:
		return ended{code, errors.New("")} // already said
	}
	return ended{code, fmt.Errorf("%d of %d failed", failed, all)}
}

// hopeless says whether err concerns every target. The broker is away, is not
// a broker, or does not know the key; or the output cannot be written, or
// somebody ended the command.
func hopeless(err error) bool {
	e, ok := errors.AsType[*client.Error](err)
	return !ok || e.Code == "" || e.Reason == client.NoAnswer || codeOf(e) == exitDenied
}
