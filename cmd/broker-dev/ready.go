package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ready is what scripts and tests need once everything answers.
type ready struct {
	URL        string `json:"url"`
	APIKey     string `json:"api_key"`
	S3Endpoint string `json:"s3_endpoint"`
	Bucket     string `json:"bucket"`
	Region     string `json:"region"`
	AccessKey  string `json:"access_key"`
	SecretKey  string `json:"secret_key"`
	RedisAddr  string `json:"redis_addr"`
	Pid        int    `json:"pid"`
}

func removeReady(path string) error {
	if err := os.Remove(path); path != "" && err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--ready-file: %w", err)
	}
	return nil
}

func writeReady(path string, r ready) error {
	if err := writeWhole(path, r); err != nil {
		return fmt.Errorf("--ready-file: %w", err)
	}
	return nil
}
