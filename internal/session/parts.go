package session

import (
	"context"
	"fmt"
	"time"
)

// Parts stores which parts have arrived, and signs the next parts, in one step. With
// neither it is a heartbeat. A URL allows one PUT of one part, with exactly the length
// that was asked for. If the session has a checksum, it allows only those bytes.
//
// ttl is the life that the client asks for. 0 means the broker's default, and more
// than the maximum means the maximum. The answer says when each URL expires.
//
// Errors: Invalid if a number, size or checksum is out of range; Limited if too many
// are asked for; in both cases nothing is stored or signed. Conflict if the session is
// no longer open; NotFound "lost" if S3 knows neither the upload nor the object;
// Unavailable.
func (b *Broker) Parts(ctx context.Context, t *SessionToken, uploaded []Part, sign []PartToSign, ttl time.Duration) (*Session, []SignedPart, error) {
	if err := b.serves(t); err != nil {
		return nil, nil, err
	}
	terms := t.session()
	if err := checkReported(terms, uploaded); err != nil {
		return nil, nil, err
	}
	if err := checkToSign(terms, sign); err != nil {
		return nil, nil, err
	}
	report := Report{Parts: uploaded, Cost: max(1, len(sign), len(uploaded)), Rates: b.Limits.Rates, Owner: t.Owner, CountBytes: b.Limits.Quota.DailyBytes > 0}
	if t.WhenWhole {
		report.Announced = t.Announced
	}
	if len(sign) > 0 {
		ttl = b.urlTTL(ttl)
		// Stored before the URLs exist: a session may look alive for too long, but
		// it must not be reaped while a PUT runs.
		report.URLsExpireAt = b.Now().Add(ttl)
	}
	s, err := b.report(ctx, t, report)
	if err != nil {
		return nil, nil, err
	}
	if s.State != Open {
		return nil, nil, closed(s)
	}
	if len(sign) == 0 {
		return s, nil, nil
	}
	urls, err := b.Signer.SignParts(ctx, b.upload(s), sign, ttl)
	return s, urls, err
}

func (b *Broker) urlTTL(asked time.Duration) time.Duration {
	if asked <= 0 {
		asked = b.Limits.URLTTL
	}
	return min(asked, b.Limits.MaxURLTTL)
}

// report takes one round trip to the Store; more only if the Store forgot the
// session.
func (b *Broker) report(ctx context.Context, t *SessionToken, r Report) (*Session, error) {
	ref := Ref{ID: t.ID, SessionToken: t}
	for range casRounds {
		s, err := b.Store.Report(ctx, t.ID, r)
		if KindOf(err) == NotFound {
			if _, err = b.rebuild(ctx, ref); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		if err := b.check(ref, s); err != nil {
			return nil, err
		}
		return b.recognise(ctx, ref, s)
	}
	return nil, busy()
}

// checkReported refuses reports that cannot be true, and a number that comes twice:
// the more parts the Store has, the more it costs to store another.
func checkReported(s *Session, parts []Part) error {
	var told [MaxPartNumber/64 + 1]uint64 // a bit for each number: 10 kB of them would make each connection's stack as large
	for i, p := range parts {
		at := place{"uploaded", i}
		if err := checkPart(s, at, p.Number, p.Size); err != nil {
			return err
		}
		word, bit := p.Number/64, uint64(1)<<(p.Number%64)
		if told[word]&bit != 0 {
			return invalid(at.field("number"), ReasonPartTwice, "%s.number is %d, and so is that of an entry before it", at, p.Number)
		}
		if err := checkSum(s, at, p.Checksum); err != nil {
			return err
		}
		told[word] |= bit
	}
	return nil
}

func checkToSign(s *Session, parts []PartToSign) error {
	for i, p := range parts {
		at := place{"sign", i}
		if err := checkPart(s, at, p.Number, p.Size); err != nil {
			return err
		}
		if err := checkSumToSign(s, at, p.Checksum); err != nil {
			return err
		}
	}
	return nil
}

// checkSumToSign refuses a checksum that is not of the algorithm that S3 expects in
// the PUTs of s.
func checkSumToSign(s *Session, at place, c Checksum) error {
	if c == "" && s.Algorithm != NoChecksum {
		return invalid(at.field("checksum"), ReasonChecksumMissing, "this session was opened with %s, so it needs %s", s.Algorithm, at.field("checksum"))
	}
	if c != "" && s.Algorithm == NoChecksum {
		return invalid(at.field("checksum"), ReasonChecksumUnexpected, "this session was opened without checksums; S3 would refuse %s", at.field("checksum"))
	}
	return checkSum(s, at, c)
}

// place is a position in a request, for errors: an entry of a list, or the request
// itself. Its name is made only if there is an error, because lists are long.
type place struct {
	list  string
	index int
}

func (p place) String() string { return fmt.Sprintf("%s[%d]", p.list, p.index) }

func (p place) field(name string) string {
	if p.list == "" {
		return name
	}
	return p.String() + "." + name
}

// checkPart refuses a number or a size that s may not use. It runs before each
// signing, so nobody gets a URL beyond the session's limit.
func checkPart(s *Session, at place, number PartNumber, size int64) error {
	if number < 1 || number > MaxPartNumber {
		return outOfRange(at.field("number"), MaxPartNumber, "%s.number is %d; part numbers are 1 to %d", at, number, MaxPartNumber)
	}
	if last := s.MaxParts(); int(number) > last {
		e := outOfRange(at.field("number"), int64(last), "%s.number is %d; the session's max_bytes ends it at part %d", at, number, last)
		e.Reason = ReasonMaxBytes
		return e
	}
	if s.Unsized { // 0: S3 will say; see unsized.go
		if size < 0 || size > MaxPartSize {
			return outOfRange(at.field("size"), MaxPartSize, "%s.size is %d bytes; S3 takes no more than %d", at, size, int64(MaxPartSize))
		}
		return nil
	}
	if size < 1 || size > s.PartSize {
		return outOfRange(at.field("size"), s.PartSize, "%s.size is %d bytes; parts of this session are 1 to %d", at, size, s.PartSize)
	}
	if want := s.sizeOf(number); s.WhenWhole && size != want {
		return invalid(at.field("size"), ReasonWrongSize, "%s.size is %d bytes; part %d of the %d bytes announced has %d", at, size, number, s.Announced, want)
	}
	// max_bytes counts from the first byte: the last number may be partial.
	if before := int64(number-1) * s.PartSize; before+size > s.MaxBytes {
		e := outOfRange(at.field("size"), s.MaxBytes-before, "%s.size is %d bytes; max_bytes leaves %d for part %d", at, size, s.MaxBytes-before, number)
		e.Reason = ReasonMaxBytes
		return e
	}
	return nil
}
