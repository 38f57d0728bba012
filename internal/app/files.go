package app

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// A setting with the tag secret may also be in a file. A variable with the
// setting's name and fileSuffix names that file, because systems mount secrets
// into containers as files.
const (
	secretTag  = "secret"
	fileSuffix = "_FILE"
)

// readFiles puts the contents of such files where kong looks for them.
func (m *Mistakes) readFiles(k *kong.Kong) error {
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				m.know(name)
				if flag.Tag.Has(secretTag) {
					m.know(name + fileSuffix)
					m.readFile(name)
				}
			}
		}
		return next(nil)
	})
}

func (m *Mistakes) readFile(name string) {
	file := os.Getenv(name + fileSuffix)
	if file == "" {
		return
	}
	if os.Getenv(name) != "" {
		m.note(name, fmt.Errorf("is set, and %s too; one of them is enough", name+fileSuffix), true)
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		m.note(name, fmt.Errorf("%s: %w", name+fileSuffix, err), true)
		return
	}
	// One a line is as good as commas between them.
	value := strings.Join(strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' }), ",")
	if err := os.Setenv(name, strings.TrimSpace(value)); err != nil {
		m.note(name, fmt.Errorf("%s: %w", name+fileSuffix, err), true)
	}
	_ = os.Unsetenv(name + fileSuffix) // the file has been read; another command of the same model has the same setting
}
