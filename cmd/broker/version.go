package main

import (
	"fmt"

	"slipway/web"
)

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println(web.Version)
	return err
}
