// Package bucketrules works out which CORS and lifecycle rules a broker wants
// its bucket to have, compares them with the rules that are there, and sets
// them. The IDs of our rules begin with "slipway-"; all other rules stay as
// they are.
//
// S3 replaces each kind of rules as a whole list (PutBucketCors,
// PutBucketLifecycleConfiguration), and checks no condition. If somebody else
// changes them at the same moment, one change may overwrite the other.
package bucketrules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// Wanted is what determines the rules.
type Wanted struct {
	Origins   []string // of the pages that record; "*" is every page
	KeyPrefix string
	Life      Life
}

// Life is how long an upload may have to last.
type Life struct {
	Resume  time.Duration // how long a recorder may stay away and come back
	Longest time.Duration // the longest recording and the time to come back: the life of a session token
}

const day = 24 * time.Hour

// Days is the smallest DaysAfterInitiation that ends no upload that may go on.
// S3 counts from the first moment of the upload. So Days is the longest
// recording plus the time to come back, and one day more because S3 counts
// whole days.
func (l Life) Days() int { return int((max(l.Resume, l.Longest)+day-1)/day) + 1 }

// Plan is what to change in a bucket, one kind of rules after the other.
type Plan []*Kind

// Kind is the CORS rules of a bucket, or its lifecycle rules.
type Kind struct {
	Name        string
	Unsupported bool     // this S3 server has no such rules
	Lines       []Line   // the rules before and after
	Notes       []string // what these rules cannot change
	again       func(context.Context) (*Kind, error)
	put         func(context.Context) error
}

// Line is a rule. Mark is '-' if the rule goes, '+' if it comes, and ' ' if it
// stays. Text holds what others have written, and may not be fit for a
// terminal.
type Line struct {
	Mark byte
	Text string
}

// Changed says whether the rules differ from the wanted ones.
func (k *Kind) Changed() bool {
	return slices.ContainsFunc(k.Lines, func(l Line) bool { return l.Mark != ' ' })
}

// Changed says whether any rules differ from the wanted ones.
func (p Plan) Changed() bool { return slices.ContainsFunc(p, (*Kind).Changed) }

// Look compares the bucket with the wanted rules. It changes nothing.
func Look(ctx context.Context, client *s3.Client, bucket string, w Wanted) (Plan, error) {
	cors, err := lookCORS(ctx, client, bucket, w)
	lifecycle, err2 := lookLifecycle(ctx, client, bucket, w)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	return Plan{cors, lifecycle}, nil
}

// ErrRefused says that this S3 server does not take such rules, although it
// listed them.
var ErrRefused = errors.New("this S3 server refuses them")

// refusals are the codes with which servers that know no such rules refuse
// them. MinIO says InvalidArgument, and Swift MalformedXML (seen 2026-11-29).
var refusals = []string{"NotImplemented", "MethodNotAllowed", "InvalidArgument", "MalformedXML"}

// Apply sets the rules that differ from the wanted ones, and then reads them
// again, because some servers accept rules that they do not keep. Errors:
// ErrRefused.
func (k *Kind) Apply(ctx context.Context) error {
	if !k.Changed() {
		return nil
	}
	switch err := k.put(ctx); {
	case slices.Contains(refusals, codeOf(err)):
		return fmt.Errorf("%s: %w (%s)", k.Name, ErrRefused, codeOf(err))
	case err != nil:
		return fmt.Errorf("set the %s: %w", k.Name, err)
	}
	now, err := k.again(ctx)
	if err != nil {
		return err
	}
	if now.Changed() {
		return fmt.Errorf("S3 accepted the %s, but they are not there", k.Name)
	}
	return nil
}

// ourID is how the IDs of our rules begin.
const ourID = "slipway-"

// differ lists the rules before and after. Ours come first, because S3 uses
// the first CORS rule that fits a request; see
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html (read
// 2026-11-22).
func differ[R any](have []R, wanted R, id, body func(R) string) (lines []Line, after []R) {
	after = []R{wanted}
	there := false
	for i, rule := range have {
		ours := strings.HasPrefix(id(rule), ourID) || id(rule) == "" && body(rule) == body(wanted) // some servers store no ID
		switch {
		case !ours:
			lines = append(lines, Line{' ', describe(id(rule), body(rule))})
			after = append(after, rule)
		case i == 0 && body(rule) == body(wanted):
			there = true
			lines = append(lines, Line{' ', describe(id(wanted), body(wanted))})
		default:
			lines = append(lines, Line{'-', describe(id(rule), body(rule))})
		}
	}
	if !there {
		lines = append([]Line{{'+', describe(id(wanted), body(wanted))}}, lines...)
	}
	return lines, after
}

func describe(id, body string) string {
	if id == "" {
		id = "(no ID)"
	}
	return id + ": " + body
}

// Unsupported says whether an error of S3 means that it has no such rules.
func Unsupported(err error) bool {
	return slices.Contains([]string{"NotImplemented", "MethodNotAllowed"}, codeOf(err))
}

func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
