//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"slipway/e2e/providers/result"
	"slipway/internal/doctor"
	"slipway/internal/provider"
)

// rules has the bucket's own rules made, and returns which kinds the server
// has none of.
func (s *stage) rules(ctx context.Context) (lacks []string, err error) {
	said, err := s.cli(ctx, "bucket", "apply", "--yes")
	if err != nil {
		return nil, err
	}
	for _, kind := range []string{result.CORSRules, result.LifecycleRules} {
		if strings.Contains(said, kind+": this S3 server has none") || strings.Contains(said, "passed over: "+kind) {
			lacks = append(lacks, kind)
		}
	}
	return lacks, nil
}

// doctor measures the server, of which nothing is known beforehand. That a
// check fails is a result.
func (s *stage) doctor(ctx context.Context) (checks []result.Verdict, found *provider.Profile, err error) {
	out, failed := s.cli(ctx, "doctor", "-o", "json", "--write-profile", s.profile)
	var report doctor.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return nil, nil, fmt.Errorf("doctor: %w (%w)", failed, err)
	}
	for _, c := range report.Checks {
		if c.Status == doctor.Fail || c.Status == doctor.Warn {
			checks = append(checks, result.Verdict{Name: c.Name, Status: string(c.Status), Saw: c.Saw})
		}
	}
	found, err = provider.Read(s.profile)
	return checks, found, err
}
