// Package bucketrules works out which CORS and lifecycle rules a broker wants
// its bucket to have, compares them with those it has, and sets them. Rules
// that are not ours stay as they are; ours have IDs that begin with "slipway-".
//
// Both kinds are replaced as a whole list (PutBucketCors,
// PutBucketLifecycleConfiguration), with no condition that S3 would check: who
// changes them at the same moment may overwrite the other.
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

// Wanted is what the rules follow from.
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

// Days is the least DaysAfterInitiation that ends no upload which may go on.
// S3 counts from the first moment of the upload, so it is the longest recording
// and the time to come back; and a day more, to be on the safe side of whole
// days.
func (l Life) Days() int { return int((max(l.Resume, l.Longest)+day-1)/day) + 1 }

// Plan is what would be changed in a bucket, one kind of rules after the other.
type Plan []*Kind

// Kind is the CORS rules of a bucket, or its lifecycle rules.
type Kind struct {
	Name        string
	Unsupported bool     // this S3 server has no such rules
	Lines       []Line   // the rules before and after
	Notes       []string // what these rules cannot mend
	again       func(context.Context) (*Kind, error)
	put         func(context.Context) error
}

// Line is a rule: Mark is '-' if it goes, '+' if it comes, and ' ' if it stays.
// Text holds what others have written, and may not be fit for a terminal.
type Line struct {
	Mark byte
	Text string
}

// Changed says whether the rules are not as wanted.
func (k *Kind) Changed() bool {
	return slices.ContainsFunc(k.Lines, func(l Line) bool { return l.Mark != ' ' })
}

// Changed says whether any rules are not as wanted.
func (p Plan) Changed() bool { return slices.ContainsFunc(p, (*Kind).Changed) }

// Look compares the bucket with what is wanted. It changes nothing.
func Look(ctx context.Context, client *s3.Client, bucket string, w Wanted) (Plan, error) {
	cors, err := lookCORS(ctx, client, bucket, w)
	lifecycle, err2 := lookLifecycle(ctx, client, bucket, w)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	return Plan{cors, lifecycle}, nil
}

// ErrRefused says that this S3 server takes no such rules, though it answered
// the question for them.
var ErrRefused = errors.New("this S3 server refuses them")

// refusals are the codes with which servers that know no such rules refuse
// them: MinIO says InvalidArgument, and Swift MalformedXML (seen 2026-11-29).
var refusals = []string{"NotImplemented", "MethodNotAllowed", "InvalidArgument", "MalformedXML"}

// Apply makes the rules as wanted, where they are not, and looks whether they
// then are: some servers accept what they do not keep. Errors: ErrRefused.
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
		return fmt.Errorf("S3 accepted the %s, and they are not there", k.Name)
	}
	return nil
}

// ourID is how the IDs of our rules begin.
const ourID = "slipway-"

// differ lists the rules before and after. Ours come first, as S3 goes by the
// first CORS rule that fits a request; see
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html (read 2026-11-22).
func differ[R any](have []R, wanted R, id, body func(R) string) (lines []Line, after []R) {
	after = []R{wanted}
	there := false
	for i, rule := range have {
		ours := strings.HasPrefix(id(rule), ourID) || id(rule) == "" && body(rule) == body(wanted) // some servers keep no ID
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
