package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"slipway/internal/client"
)

// apiKeyVariable holds the API key of the person who runs a command.
const apiKeyVariable = "BROKER_API_KEY"

// connection says which broker the ops commands call, and with which key.
type connection struct {
	URL        string `name:"url" env:"BROKER_URL" placeholder:"URL" group:"Broker" help:"Address of the broker. Required."`
	APIKeyFile string `name:"api-key-file" env:"BROKER_API_KEY_FILE" placeholder:"FILE" group:"Broker" help:"File that holds the API key. Default: the environment's BROKER_API_KEY. There is no flag for the key itself, because others can read a command line."`
}

// open returns a client, and a context that SIGINT and SIGTERM end. A second
// signal ends the program at once.
func (c *connection) open() (context.Context, context.CancelFunc, *client.Client, error) {
	key, err := c.key()
	if err != nil {
		return nil, nil, nil, err
	}
	if c.URL == "" {
		return nil, nil, nil, usage("BROKER_URL: is required, such as https://broker.example")
	}
	broker, err := client.New(c.URL, key)
	if err != nil {
		return nil, nil, nil, usage("%w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop, broker, nil
}

func (c *connection) key() (string, error) {
	if c.APIKeyFile != "" {
		key, err := os.ReadFile(c.APIKeyFile)
		if err != nil {
			return "", usage("the API key: %w", err)
		}
		return strings.TrimSpace(string(key)), nil
	}
	key := os.Getenv(apiKeyVariable)
	if key == "" {
		return "", usage("BROKER_API_KEY: is required; or name a file that holds it with --api-key-file")
	}
	return key, nil
}
