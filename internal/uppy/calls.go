package uppy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/session"
)

const (
	smallBody = 64 << 10 // bytes: an open with its metadata
	partsBody = 2 << 20  // bytes: 10,000 parts with ETags of 128 bytes
)

func (u *uploads) open(r Request) (any, error) {
	g, err := grant(r)
	if err != nil {
		return nil, err
	}
	var req openRequest
	if err := r.Read(&req, smallBody); err != nil {
		return nil, err
	}
	wanted, err := req.domain()
	if err != nil {
		return nil, err
	}
	opened, err := u.broker.Open(r.Context(), *g, wanted, nil)
	if err != nil {
		return nil, err
	}
	t := opened.Session.SessionToken(u.broker.Bucket.Name())
	r.About(t.ID)
	return openAnswer{Key: u.broker.Key(t.ID), UploadID: u.seal.SignUpload(t)}, nil
}

// list is what Uppy asks for when it goes on: what it need not send again. A part
// that S3 may have cut short is not among them.
func (u *uploads) list(r Request) (any, error) {
	t, err := u.upload(r)
	if err != nil {
		return nil, err
	}
	// A sign of life; and for what is not open, the answer why it is not.
	if _, _, err := u.broker.Parts(r.Context(), t, nil, nil, 0); err != nil {
		return nil, err
	}
	view, err := u.broker.Show(r.Context(), ref(t))
	if err != nil {
		return nil, err
	}
	parts := []listedPart{}
	for _, p := range view.Parts {
		if !slices.Contains(view.Missing, p.Number) {
			parts = append(parts, listedPart{Number: p.Number, ETag: p.ETag, Size: p.Size})
		}
	}
	return parts, nil
}

func (u *uploads) sign(r Request) (any, error) {
	urls, err := u.signed(r, "number", r.Param("number"))
	if err != nil {
		return nil, err
	}
	life := urls[0].ExpiresAt.Sub(u.broker.Now())
	return signAnswer{URL: string(urls[0].URL), Expires: max(0, int64(life/time.Second))}, nil
}

func (u *uploads) signMany(r Request) (any, error) {
	urls, err := u.signed(r, "partNumbers", strings.Split(r.Query("partNumbers"), ",")...)
	if err != nil {
		return nil, err
	}
	a := signManyAnswer{URLs: make(map[string]string, len(urls))}
	for _, p := range urls {
		a.URLs[strconv.Itoa(int(p.Number))] = string(p.URL)
	}
	return a, nil
}

// signed signs the parts with these numbers, as they stand in a field of the
// request.
func (u *uploads) signed(r Request, field string, numbers ...string) ([]session.SignedPart, error) {
	t, err := u.upload(r)
	if err != nil {
		return nil, err
	}
	parts := make([]session.PartToSign, len(numbers))
	for i, text := range numbers {
		n, err := strconv.Atoi(text)
		if err != nil || strconv.Itoa(n) != text || n < 1 || n > session.MaxPartNumber {
			return nil, &session.Error{Kind: session.Invalid, Reason: session.ReasonOutOfRange, Field: field, Limit: session.MaxPartNumber,
				Detail: fmt.Sprintf("a part number is 1 to %d", session.MaxPartNumber)}
		}
		parts[i].Number = session.PartNumber(n)
	}
	_, urls, err := u.broker.Parts(r.Context(), t, nil, parts, 0)
	return urls, err
}

// patience is how long a complete waits for S3: Uppy takes any answer for the
// last one. It is less than the server gives an answer.
const patience = 2 * time.Minute

func (u *uploads) complete(r Request) (any, error) {
	t, err := u.upload(r)
	if err != nil {
		return nil, err
	}
	var req completeRequest
	if err := r.Read(&req, partsBody); err != nil {
		return nil, err
	}
	claim, err := req.domain()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	for {
		now, err := u.broker.Complete(ctx, ref(t), claim)
		switch {
		case err != nil:
			return nil, err
		case now.State == session.Completed:
			return completeAnswer{Location: r.Completed(t.ID), Key: u.broker.Key(t.ID)}, nil
		}
		select {
		case <-ctx.Done():
			return nil, &session.Error{Kind: session.Unavailable, Reason: session.ReasonBusy, RetryAfter: session.RetryAfter, Detail: "S3 does not say yet that the upload is complete; the broker goes on"}
		case <-time.After(session.RetryAfter):
		}
	}
}

// abort answers alike when S3 has not let go yet: the broker goes on until it has.
func (u *uploads) abort(r Request) (any, error) {
	t, err := u.upload(r)
	if err != nil {
		return nil, err
	}
	_, err = u.broker.Abort(r.Context(), ref(t), 0)
	return struct{}{}, err
}
