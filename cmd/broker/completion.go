package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCmd prints a script that makes a shell complete the command line.
// The shell asks `broker completion words` each time, so the script does not
// become outdated.
type completionCmd struct {
	Bash  bashCmd  `cmd:"" help:"For bash: source <(broker completion bash)"`
	Zsh   zshCmd   `cmd:"" help:"For zsh: source <(broker completion zsh)"`
	Fish  fishCmd  `cmd:"" help:"For fish: broker completion fish | source"`
	Words wordsCmd `cmd:"" hidden:""`
}

//go:embed completion.bash
var completionBash string

//go:embed completion.zsh
var completionZsh string

//go:embed completion.fish
var completionFish string

type (
	bashCmd struct{}
	zshCmd  struct{}
	fishCmd struct{}
)

func (bashCmd) Run() error { return printScript(completionBash) }
func (zshCmd) Run() error  { return printScript(completionZsh) }
func (fishCmd) Run() error { return printScript(completionFish) }

func printScript(script string) error {
	_, err := fmt.Print(script)
	return err
}

// wordsCmd prints what may replace the last of Words, one a line. It prints
// nothing where a file or a text of the user's own belongs.
type wordsCmd struct {
	Words []string `arg:"" optional:""`
}

// The shell calls Run with "--" before the words.
func (c wordsCmd) Run(ctx *kong.Context) error {
	for _, word := range candidates(ctx.Model.Node, c.Words) {
		fmt.Println(word)
	}
	return nil
}

func candidates(root *kong.Node, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	before, word := words[:len(words)-1], words[len(words)-1]
	node, open := walk(root, before)
	var all []string
	switch {
	case open != nil:
		all = open.EnumSlice()
	case strings.HasPrefix(word, "-"):
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				all = append(all, "--"+flag.Name)
			}
		}
	default:
		for _, child := range node.Children {
			if !child.Hidden {
				all = append(all, child.Name)
			}
		}
	}
	return slices.DeleteFunc(all, func(w string) bool { return w == "" || !strings.HasPrefix(w, word) })
}

// walk follows words to the command they select. open is the flag that still
// needs its value, if there is one.
func walk(node *kong.Node, words []string) (at *kong.Node, open *kong.Flag) {
	for _, word := range words {
		if open != nil {
			open = nil
			continue
		}
		if strings.HasPrefix(word, "-") {
			open = wanting(node, word)
			continue
		}
		for _, child := range node.Children {
			if child.Name == word {
				node = child
				break
			}
		}
	}
	return node, open
}

// wanting is the flag that word names, if its value comes in the next word.
func wanting(node *kong.Node, word string) *kong.Flag {
	for _, group := range node.AllFlags(false) {
		for _, flag := range group {
			named := word == "--"+flag.Name || flag.Short != 0 && word == "-"+string(flag.Short)
			if named && !flag.IsBool() {
				return flag
			}
		}
	}
	return nil
}
