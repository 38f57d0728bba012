package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"slipway/internal/access"
	"slipway/internal/session"
)

type keysCmd struct {
	New   newKeyCmd   `cmd:"" help:"Make an API key. Prints the key, once, and the line for BROKER_API_KEYS."`
	Token tokenKeyCmd `cmd:"" help:"Make a key for BROKER_TOKEN_KEYS."`
}

type newKeyCmd struct {
	Name  string          `arg:"" help:"What the key is for, such as the application's name."`
	Scope []session.Scope `enum:"grants,sessions,ops" default:"grants" help:"What the key may do: grants, sessions, ops."`
}

func (c *newKeyCmd) Run() error {
	if c.Name == "" || strings.ContainsAny(c.Name, ":, \t\n") {
		return errors.New("the name must not be empty, and must not contain a colon, a comma or a space")
	}
	key, secret := access.NewAPIKey(c.Name, c.Scope...)
	fmt.Printf("key (give it to the application; it is kept nowhere):\n  %s\nsetting:\n  BROKER_API_KEYS=%s\n", secret, key)
	return nil
}

type tokenKeyCmd struct{}

func (tokenKeyCmd) Run() error {
	var key [access.MinTokenKey]byte
	_, _ = rand.Read(key[:]) // never fails since Go 1.24
	fmt.Printf("BROKER_TOKEN_KEYS=%s\n", base64.StdEncoding.EncodeToString(key[:]))
	return nil
}
