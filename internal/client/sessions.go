package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"slipway/internal/session"
)

// Session is a row of the listing. Only Show fills Parts and Bytes.
type Session struct {
	ID            session.ID           `json:"id"`
	State         session.State        `json:"state"`
	Revision      session.Revision     `json:"revision"`
	Owner         session.Owner        `json:"owner"`
	Name          string               `json:"name"`
	ContentType   string               `json:"content_type"`
	Checksum      string               `json:"checksum"`
	PartSize      int64                `json:"part_size"`
	MaxBytes      int64                `json:"max_bytes"`
	OnAbandon     session.OnAbandon    `json:"on_abandon"`
	Finish        string               `json:"finish"`
	OpenedAt      time.Time            `json:"opened_at"`
	ActiveAt      time.Time            `json:"active_at"`
	IdleMs        int64                `json:"idle_ms"`
	PartsReported int                  `json:"parts_reported"`
	BytesReported int64                `json:"bytes_reported"`
	Outcome       session.Outcome      `json:"outcome"`
	Size          int64                `json:"size"`
	ETag          session.ETag         `json:"etag"`
	Missing       []session.PartNumber `json:"missing"`
	Parts         []Part               `json:"parts"`
	Bytes         int64                `json:"bytes"`
}

// Part is a part that S3 has.
type Part struct {
	Number   session.PartNumber `json:"number"`
	Size     int64              `json:"size"`
	ETag     session.ETag       `json:"etag"`
	Checksum session.Checksum   `json:"checksum,omitzero"`
}

// Query selects sessions. Zero fields select every session that is not
// finished.
type Query struct {
	State   session.State
	IdleFor time.Duration
	Owner   session.Owner
	Limit   int // at most this many; 0: all
}

// SessionPage is a part of a listing.
type SessionPage struct {
	Sessions   []Answer[Session] `json:"sessions"`
	Unreadable []session.ID      `json:"unreadable"` // the broker has records of these and cannot read them
	NextCursor string            `json:"next_cursor"`
}

// Sessions lists sessions, the longest idle first, page by page. A session
// that shows a sign of life meanwhile may come once more. An error ends it.
func (c *Client) Sessions(ctx context.Context, q Query) iter.Seq2[SessionPage, error] {
	query := url.Values{}
	set(query, "state", string(q.State))
	set(query, "owner", string(q.Owner))
	if q.IdleFor > 0 {
		query.Set("idle_for", q.IdleFor.String())
	}
	return pages(ctx, c, "/v1/sessions", query, q.Limit, session.MaxPage, func(p *SessionPage) (int, string) {
		return len(p.Sessions), p.NextCursor
	})
}

func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// pages asks for page after page of at most perPage rows, until it has limit
// of them or there are no more. of returns a page's rows and the cursor to the
// next page.
func pages[P any](ctx context.Context, c *Client, path string, query url.Values, limit, perPage int, of func(*P) (rows int, next string)) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		for left := limit; ; {
			query.Set("limit", strconv.Itoa(perPage))
			if limit > 0 {
				query.Set("limit", strconv.Itoa(min(left, perPage)))
			}
			var page P
			_, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query}, &page)
			rows, next := of(&page)
			left -= rows
			if !yield(page, err) || err != nil || next == "" || limit > 0 && left <= 0 {
				return
			}
			query.Set("cursor", next)
		}
	}
}

func sessionPath(id session.ID) string { return "/v1/sessions/" + url.PathEscape(string(id)) }

// Show returns one session, with the parts that S3 has.
func (c *Client) Show(ctx context.Context, id session.ID) (a Answer[Session], err error) {
	_, err = c.do(ctx, call{method: http.MethodGet, path: sessionPath(id)}, &a)
	return a, err
}
