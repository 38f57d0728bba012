package httpapi

import (
	"math"
	"time"

	"slipway/internal/partlist"
	"slipway/internal/session"
)

// The JSON shapes of api/openapi.yaml. Domain structs stay bare of JSON.

type grantRequest struct {
	Owner        string   `json:"owner"`
	DisplayName  string   `json:"display_name"`
	TTLSeconds   *int64   `json:"ttl_s"`
	MaxBytes     int64    `json:"max_bytes"`
	MaxOpen      int      `json:"max_open_sessions"`
	ContentTypes []string `json:"content_types"`
	Origin       string   `json:"origin"`
}

type grantAnswer struct {
	Grant       string    `json:"grant"`
	Owner       string    `json:"owner"`
	ExpiresAt   time.Time `json:"expires_at"`
	ExpiresInMs int64     `json:"expires_in_ms"`
}

// grantFacts is what a grant says, for a page that shows it to a person.
type grantFacts struct {
	Owner       string    `json:"owner"`
	DisplayName string    `json:"display_name,omitzero"`
	ExpiresAt   time.Time `json:"expires_at"`
	ExpiresInMs int64     `json:"expires_in_ms"`
}

// pageSettings has the settings that the broker's own pages need.
type pageSettings struct {
	Embed         bool     `json:"embed"`
	ReturnOrigins []string `json:"return_origins"`
}

type openRequest struct {
	ContentType string                    `json:"content_type"`
	Owner       string                    `json:"owner"`
	Name        string                    `json:"name"`
	Metadata    map[string]string         `json:"metadata"`
	Checksum    string                    `json:"checksum"`
	Size        int64                     `json:"size"`
	PartSize    int64                     `json:"part_size"`
	MaxBytes    int64                     `json:"max_bytes"`
	OnAbandon   string                    `json:"on_abandon"`
	Finish      finish                    `json:"finish"`
	Sign        partlist.List[partToSign] `json:"sign"`
}

// finish says who completes an upload: the client, when it asks for it, or the
// broker, when S3 has all that was announced.
type finish string

const (
	whenAsked finish = "when-asked"
	whenWhole finish = "when-whole"
)

func finishOf(s *session.Session) finish {
	if s.WhenWhole {
		return whenWhole
	}
	return whenAsked
}

// check refuses what is neither; "" is when-asked.
func (f finish) check() error {
	if f == "" || f == whenAsked || f == whenWhole {
		return nil
	}
	return &session.Error{Kind: session.Invalid, Reason: session.ReasonUnknownValue, Field: "finish", Detail: "finish is when-asked or when-whole"}
}

type openAnswer struct {
	ID          session.ID       `json:"id"`
	Token       string           `json:"token"`
	State       session.State    `json:"state"`
	Revision    session.Revision `json:"revision"`
	Checksum    string           `json:"checksum"`
	PartSize    int64            `json:"part_size"`
	MaxParts    int              `json:"max_parts"`
	MaxBytes    int64            `json:"max_bytes"`
	Finish      finish           `json:"finish"`
	ExpiresAt   time.Time        `json:"expires_at"`
	ExpiresInMs int64            `json:"expires_in_ms"`
	WatchURL    string           `json:"watch_url"`
	// urls follow, see answerSigned
}

type partsRequest struct {
	Uploaded   partlist.List[claimedPart] `json:"uploaded"`
	Sign       partlist.List[partToSign]  `json:"sign"`
	TTLSeconds *int64                     `json:"ttl_s"`
}

type partsAnswer struct {
	ID            session.ID       `json:"id"`
	State         session.State    `json:"state"`
	Revision      session.Revision `json:"revision"`
	PartsReported int              `json:"parts_reported"`
	BytesReported int64            `json:"bytes_reported"`
	freshToken
	// urls follow, see answerSigned
}

type claim struct {
	Parts      partlist.List[claimedPart] `json:"parts"`
	Size       int64                      `json:"size"`
	DurationMs int64                      `json:"duration_ms"`
}

type completedAnswer struct {
	ID       session.ID           `json:"id"`
	State    session.State        `json:"state"`
	Key      session.Key          `json:"key"`
	Size     int64                `json:"size"`
	ETag     session.ETag         `json:"etag"`
	Outcome  session.Outcome      `json:"outcome"`
	Missing  []session.PartNumber `json:"missing,omitempty"`
	WatchURL string               `json:"watch_url"`
}

type renewRequest struct {
	Token string `json:"token"`
}

type renewAnswer struct {
	ID          session.ID    `json:"id"`
	Token       string        `json:"token"`
	State       session.State `json:"state"`
	ExpiresAt   time.Time     `json:"expires_at"`
	ExpiresInMs int64         `json:"expires_in_ms"`
}

type pendingAnswer struct {
	ID           session.ID    `json:"id"`
	State        session.State `json:"state"`
	RetryAfterMs int64         `json:"retry_after_ms"`
}

type endedAnswer struct {
	ID    session.ID    `json:"id"`
	State session.State `json:"state"`
}

type sessionRow struct {
	ID            session.ID                `json:"id"`
	State         session.State             `json:"state"`
	Revision      session.Revision          `json:"revision"`
	Owner         session.Owner             `json:"owner,omitzero"`
	Name          string                    `json:"name,omitzero"`
	ContentType   string                    `json:"content_type"`
	Checksum      session.ChecksumAlgorithm `json:"checksum"`
	PartSize      int64                     `json:"part_size"`
	MaxParts      int                       `json:"max_parts"`
	MaxBytes      int64                     `json:"max_bytes"`
	OnAbandon     session.OnAbandon         `json:"on_abandon"`
	Finish        finish                    `json:"finish"`
	OpenedAt      time.Time                 `json:"opened_at"`
	ActiveAt      time.Time                 `json:"active_at"`
	IdleMs        int64                     `json:"idle_ms"`
	PartsReported int                       `json:"parts_reported"`
	BytesReported int64                     `json:"bytes_reported"`
	Outcome       session.Outcome           `json:"outcome,omitzero"`
	Size          int64                     `json:"size,omitzero"`
	ETag          session.ETag              `json:"etag,omitzero"`
	Missing       []session.PartNumber      `json:"missing,omitempty"` // a salvaged recording lacks them
	DurationMs    int64                     `json:"duration_ms,omitzero"`
}

type sessionAnswer struct {
	sessionRow
	freshToken
	WatchURL string               `json:"watch_url"`
	Parts    []listedPart         `json:"parts"`
	Bytes    int64                `json:"bytes"`
	Missing  []session.PartNumber `json:"missing"` // in the place of the row's: of a session that is open too
}

type listedPart struct {
	Number   session.PartNumber `json:"number"`
	Size     int64              `json:"size"`
	ETag     session.ETag       `json:"etag"`
	Checksum session.Checksum   `json:"checksum,omitzero"`
}

type listAnswer struct {
	Sessions   []sessionRow `json:"sessions"`
	Unreadable []session.ID `json:"unreadable,omitempty"`
	NextCursor string       `json:"next_cursor,omitzero"`
}

type orphanRow struct {
	Key            session.Key          `json:"key"`
	UploadID       session.UploadID     `json:"upload_id"`
	SessionID      session.ID           `json:"session_id,omitzero"`
	Reason         session.OrphanReason `json:"reason"`
	InitiatedAt    time.Time            `json:"initiated_at"`
	AgeMs          int64                `json:"age_ms"`
	Parts          int                  `json:"parts"`
	Bytes          int64                `json:"bytes"`
	MonthlyCostUSD float64              `json:"monthly_cost_usd"`
	AdoptAt        time.Time            `json:"adopt_at,omitzero"`
}

type orphansAnswer struct {
	Orphans    []orphanRow `json:"orphans"`
	NextCursor string      `json:"next_cursor,omitzero"`
}

type eventData struct {
	ID          string               `json:"id"`
	Type        session.EventType    `json:"type"`
	At          time.Time            `json:"at"`
	SessionID   session.ID           `json:"session_id"`
	Owner       session.Owner        `json:"owner,omitzero"`
	Name        string               `json:"name,omitzero"`
	ContentType string               `json:"content_type,omitzero"`
	Size        int64                `json:"size,omitzero"`
	Missing     []session.PartNumber `json:"missing,omitempty"`
	DurationMs  int64                `json:"duration_ms,omitzero"`
}

type fileRequest struct {
	Size     int64  `json:"size"`
	Checksum string `json:"checksum"`
}

type fileAnswer struct {
	URL         string            `json:"url"`
	Headers     map[string]string `json:"headers"`
	ExpiresAt   time.Time         `json:"expires_at"`
	ExpiresInMs int64             `json:"expires_in_ms"`
}

type recordingAnswer struct {
	ID          session.ID `json:"id"`
	URL         string     `json:"url"`
	PosterURL   string     `json:"poster_url,omitzero"`
	CaptionsURL string     `json:"captions_url,omitzero"`
	Title       string     `json:"title,omitzero"`
	Name        string     `json:"name,omitzero"`
	ContentType string     `json:"content_type"`
	Size        int64      `json:"size"`
	DurationMs  int64      `json:"duration_ms,omitzero"`
	CreatedAt   time.Time  `json:"created_at,omitzero"`
	ExpiresAt   time.Time  `json:"expires_at"`
	ExpiresInMs int64      `json:"expires_in_ms"`
}

type titleRequest struct {
	Title string `json:"title"`
}

type titleAnswer struct {
	ID    session.ID `json:"id"`
	Title string     `json:"title"`
}

// oembedAnswer is https://oembed.com's (read 2026-11-30).
type oembedAnswer struct {
	Version         string `json:"version"`
	Type            string `json:"type"`
	Title           string `json:"title"`
	ProviderName    string `json:"provider_name"`
	ProviderURL     string `json:"provider_url"`
	ThumbnailURL    string `json:"thumbnail_url,omitzero"`
	ThumbnailWidth  int    `json:"thumbnail_width,omitzero"`
	ThumbnailHeight int    `json:"thumbnail_height,omitzero"`
	HTML            string `json:"html,omitzero"`
	Width           int    `json:"width,omitzero"`
	Height          int    `json:"height,omitzero"`
}

type health struct {
	Status string `json:"status"`
}

type problem struct {
	Type         string         `json:"type"`
	Title        string         `json:"title"`
	Status       int            `json:"status"`
	Code         string         `json:"code"`
	Reason       session.Reason `json:"reason,omitzero"`
	Detail       string         `json:"detail"`
	Field        string         `json:"field,omitzero"`
	Limit        int64          `json:"limit,omitzero"`
	RequestID    string         `json:"request_id"`
	RetryAfterMs int64          `json:"retry_after_ms,omitzero"`
	Parts        []difference   `json:"parts,omitzero"`
	SafeBytes    int64          `json:"safe_bytes,omitzero"`
	Error        string         `json:"error,omitzero"`   // to clients of a Guest: Companion's word for it
	Message      string         `json:"message,omitzero"` // the same again: Uppy 5 shows this one
}

type difference struct {
	Number session.PartNumber `json:"number"`
	Have   *partFacts         `json:"have,omitzero"`
	Want   *partFacts         `json:"want,omitzero"`
}

type partFacts struct {
	Size     int64            `json:"size"`
	ETag     session.ETag     `json:"etag,omitzero"`
	Checksum session.Checksum `json:"checksum,omitzero"`
}

func differences(list []session.Difference) []difference {
	var out []difference
	for _, d := range list {
		out = append(out, difference{Number: d.Number, Have: facts(d.Have), Want: facts(d.Want)})
	}
	return out
}

func facts(p *session.Part) *partFacts {
	if p == nil {
		return nil
	}
	return &partFacts{Size: p.Size, ETag: p.ETag, Checksum: p.Checksum}
}

func row(s *session.Session) sessionRow {
	r := sessionRow{
		ID: s.ID, State: s.State, Revision: s.Revision, Owner: s.Owner, Name: s.Name, ContentType: s.ContentType, Checksum: s.Algorithm,
		PartSize: s.PartSize, MaxParts: s.MaxParts(), MaxBytes: s.MaxBytes, OnAbandon: s.OnAbandon, Finish: finishOf(s), OpenedAt: instant(s.OpenedAt),
		ActiveAt: instant(s.ActiveAt), IdleMs: max(0, s.ReadAt.Sub(s.ActiveAt).Milliseconds()), PartsReported: s.PartsReported, BytesReported: s.BytesReported,
	}
	if s.Result != nil {
		r.Outcome, r.Size, r.ETag, r.Missing = s.Result.Outcome, s.Result.Size, s.Result.ETag, s.Result.Missing
		r.DurationMs = s.Result.Duration.Milliseconds()
	}
	return r
}

// left returns how long it is until t, in ms, because clients' clocks may be wrong.
func (s *server) left(t time.Time) int64 { return max(0, t.Sub(s.now()).Milliseconds()) }

// millis turns milliseconds into a Duration. If there are too many for a Duration, the
// result is the longest one, which every limit refuses.
func millis(ms int64) time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	return time.Duration(min(max(ms, -most), most)) * time.Millisecond
}

func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
