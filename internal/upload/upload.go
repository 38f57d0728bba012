// Package upload sends a file straight to S3 with URLs that a broker signs,
// and goes on if it was killed.
//
// The operator's command uses it. Each part is bound to its bytes by the best
// checksum that the S3 server takes, so S3 itself refuses other bytes.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"

	"slipway/internal/client"
	"slipway/internal/session"
)

// Options are optional, except Broker and ContentType.
type Options struct {
	Broker      string // its URL; an upload does not go on with another broker
	ContentType string
	Owner       session.Owner
	Name        string
	Metadata    map[string]string
	PartSize    int64 // bytes; 0: the broker's
	Parallel    int   // how many parts to send at once; 0: 4
	Anew        bool  // forget what is left of an earlier upload of this file
	// Progress gets each stage ("looking" at what S3 has, then "uploading") and
	// its bytes. It returns a writer that gets the bytes that were done: only
	// the lengths of the writes count. Writes come from several goroutines at
	// once.
	Progress func(stage string, total int64) io.Writer
}

const (
	defaultParallel = 4
	rounds          = 5 // of sending what S3 lacks and claiming it all
)

// Done is what became of a file.
type Done struct {
	ID       session.ID
	WatchURL string
	Size     int64 // bytes
	Parts    int
	Sent     int64 // bytes that this run sent; S3 had the others
	Checksum session.ChecksumAlgorithm
}

// ErrChanged says that the file is no longer the one whose parts are in S3.
var ErrChanged = errors.New("the file changed since its upload began")

// File uploads a file, or goes on with an upload that was cut short. Until all
// is done, the file path+".upload" keeps what is needed to go on.
//
// Errors: ErrChanged; a *client.Error if the broker refuses or does not
// answer; a *PutError if S3 does not take a part; the error of ctx if ctx
// ends.
func File(ctx context.Context, broker *client.Client, path string, o Options) (Done, error) {
	return fileOver(ctx, putClient(), broker, path, o)
}

func fileOver(ctx context.Context, s3 *http.Client, broker *client.Client, path string, o Options) (Done, error) {
	file, err := os.Open(path)
	if err != nil {
		return Done{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Done{}, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return Done{}, fmt.Errorf("%s is empty, or is not a regular file", path)
	}
	kept, err := load(path, o.Broker, info, o.Anew)
	if err != nil {
		return Done{}, err
	}
	u := &upload{broker: broker, file: file, o: o, kept: kept, s3: s3}
	if err := u.run(ctx); err != nil {
		return Done{}, err
	}
	s := kept.state
	done := Done{ID: s.ID, WatchURL: s.WatchURL, Size: s.Size, Parts: u.count(), Sent: u.sent.Load(), Checksum: s.Checksum}
	return done, kept.remove()
}

// run opens the session unless it is open, and sends what S3 lacks until S3 has
// it all.
func (u *upload) run(ctx context.Context) error {
	begun := u.kept.state.ID != ""
	if !begun {
		var err error
		if begun, err = u.open(ctx); err != nil {
			return err
		}
	}
	for round := 0; ; round++ {
		completed, err := u.round(ctx, begun || round > 0)
		if completed || err == nil {
			return err
		}
		if !differs(err) || round == rounds {
			return err
		}
		if err := client.Pause(ctx, round+1); err != nil {
			return err
		}
	}
}

// round asks what S3 has, if there can be something, sends the rest, and
// claims all of it. It returns whether the session is completed.
func (u *upload) round(ctx context.Context, look bool) (completed bool, err error) {
	u.parts = make([]client.Part, u.count())
	if look {
		if completed, err := u.look(ctx); completed || err != nil {
			return completed, err
		}
	}
	if err := u.sendMissing(ctx); err != nil {
		return false, err
	}
	_, err = u.broker.Claim(ctx, u.kept.state.ID, u.parts)
	return err == nil, err
}

// differs says whether a lookup will show what to send again: S3 has another
// part than was claimed, or the upload has ended. The broker completes what is
// whole: a part may have come of which nobody was told.
func differs(err error) bool {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return slices.Contains([]session.Reason{session.ReasonPartsDiffer, session.ReasonCompleting, session.ReasonCompleted}, session.Reason(e.Reason))
	}
	put, ok := errors.AsType[*PutError](err)
	return ok && put.gone()
}

// open returns whether the session existed already. If an open was not
// answered, it is repeated, and finds what became of the first one.
func (u *upload) open(ctx context.Context) (begun bool, err error) {
	s := &u.kept.state
	opened, err := u.broker.Open(ctx, s.Key, client.OpenRequest{
		ContentType: u.o.ContentType, Owner: u.o.Owner, Name: u.o.Name, Metadata: u.o.Metadata,
		Checksum: session.AutoChecksum, Size: s.Size, PartSize: u.o.PartSize, Finish: "when-whole",
	})
	if err != nil {
		return false, err
	}
	s.ID, s.Token, s.PartSize, s.Checksum, s.WatchURL = opened.ID, opened.Token, opened.PartSize, opened.Checksum, opened.WatchURL
	return opened.State != session.Open, u.kept.save()
}

// look counts as sent what S3 has, part by part, if the file has the same
// bytes there. It returns whether the session is completed.
func (u *upload) look(ctx context.Context) (completed bool, err error) {
	seen, err := u.broker.Show(ctx, u.kept.state.ID)
	if err != nil {
		return false, err
	}
	switch s := seen.V; s.State {
	case session.Open:
		return false, u.compare(ctx, s.Parts, u.progress("looking", s.Bytes))
	case session.Completing: // S3 had all of it, and may no longer list it
		for i := range u.parts {
			if u.parts[i], err = u.part(i); err != nil {
				return false, err
			}
		}
		return false, nil
	case session.Completed:
		if s.Size == u.kept.state.Size {
			return true, nil
		}
	}
	return false, fmt.Errorf("the upload is over: its session is %s, with %d bytes; --anew begins another", seen.V.State, seen.V.Size)
}

func (u *upload) compare(ctx context.Context, there []client.Part, progress progress) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(u.parallel())
	for _, part := range there {
		group.Go(func() error {
			defer progress.done(part.Size)
			i := int(part.Number) - 1
			if ctx.Err() != nil || i >= len(u.parts) || part.Size != u.size(i) {
				return context.Cause(ctx)
			}
			same, err := u.isSame(i, part)
			if same {
				u.parts[i] = part
			}
			return err
		})
	}
	return group.Wait()
}

// isSame says whether S3's part has the file's bytes: by the checksum that S3
// lists, or by an ETag that is an MD5.
func (u *upload) isSame(i int, there client.Part) (bool, error) {
	if there.Checksum != "" {
		sum, err := there.Checksum.Algorithm().SumOf(u.section(i))
		return sum == there.Checksum, err
	}
	return isMD5(u.section(i), there.ETag)
}

func (u *upload) sendMissing(ctx context.Context) error {
	var missing []int
	var bytes int64
	for i, p := range u.parts {
		if p.Number == 0 {
			missing = append(missing, i)
			bytes += u.size(i)
		}
	}
	progress := u.progress("uploading", bytes)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(u.parallel())
	for _, i := range missing {
		group.Go(func() error {
			part, err := u.send(ctx, i)
			if err == nil {
				u.parts[i] = part
				u.sent.Add(part.Size)
				progress.done(part.Size)
			}
			return err
		})
	}
	return group.Wait()
}
