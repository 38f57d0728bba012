package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"slipway/internal/session"
)

// Orphan is a multipart upload under the broker's prefix that no live session
// has.
type Orphan struct {
	Key            session.Key          `json:"key"`
	UploadID       session.UploadID     `json:"upload_id"`
	SessionID      session.ID           `json:"session_id"`
	Reason         session.OrphanReason `json:"reason"`
	AgeMs          int64                `json:"age_ms"`
	Parts          int                  `json:"parts"`
	Bytes          int64                `json:"bytes"`
	MonthlyCostUSD float64              `json:"monthly_cost_usd"`
	AdoptAt        time.Time            `json:"adopt_at"` // zero: it never becomes a session by itself
}

// OrphanPage is a part of a listing. It may be empty without being the last.
type OrphanPage struct {
	Orphans    []Answer[Orphan] `json:"orphans"`
	NextCursor string           `json:"next_cursor"`
}

const uploadsAPage = 100 // that the broker looks through

// Orphans lists orphans in order of key, page by page. An error ends it.
func (c *Client) Orphans(ctx context.Context) iter.Seq2[OrphanPage, error] {
	return pages(ctx, c, "/v1/orphans", url.Values{}, 0, uploadsAPage, func(p *OrphanPage) (int, string) {
		return len(p.Orphans), p.NextCursor
	})
}

// AbortOrphan frees the parts of an upload. It is refused ("conflict") while
// the upload is a session's, or may become one.
func (c *Client) AbortOrphan(ctx context.Context, key session.Key, upload session.UploadID) error {
	path := "/v1/orphans/" + url.PathEscape(string(upload))
	_, err := c.do(ctx, call{method: http.MethodDelete, path: path, query: url.Values{"key": {string(key)}}}, nil)
	return err
}
