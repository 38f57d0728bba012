// Package load sends HTTP requests that were laid out beforehand over
// connections that stay open, and times the answers. It does as little as it
// can for each, because it shares the machine with what it measures.
package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Target is where to send, and what.
type Target struct {
	Addrs []string // host:port; the connections are dealt out to them
	// Request returns the n-th request of a connection, both from 0, as it
	// goes over the wire. It must keep the connection open.
	Request func(conn, n int) []byte
}

// Plan says how to send.
type Plan struct {
	Conns int
	For   time.Duration
	// Rate is in requests per second over all connections, each sent at its
	// time whether or not the answers keep up (open loop). 0: a connection
	// sends its next request once it has the answer (closed loop).
	Rate float64
	// Most ends the run after so many requests; 0: only time does.
	Most int
}

// Result is what a run saw.
type Result struct {
	Requests int
	Took     time.Duration
	Bytes    int64           // of the answers' bodies
	Late     []time.Duration // sorted; from when a request was due, or sent where nothing held it up, to the last byte of its answer
}

// Quantile is the latency that the share q of requests stays within, 0 < q ≤ 1.
func (r *Result) Quantile(q float64) time.Duration {
	if len(r.Late) == 0 {
		return 0
	}
	return r.Late[min(len(r.Late)-1, int(q*float64(len(r.Late))))]
}

// answerWithin bounds one answer; a server that takes longer has failed.
const answerWithin = 60 * time.Second

// Run sends as planned. A request that gets no 2xx fails the run: what a
// server refuses is no figure.
func Run(t Target, p Plan) (*Result, error) {
	conns := make([]*conn, p.Conns)
	for i := range conns {
		c, err := dial(t, i)
		if err != nil {
			return nil, err
		}
		defer c.nc.Close() //nolint:errcheck // nothing is left unsent
		conns[i] = c
	}
	began := time.Now()
	var all sync.WaitGroup
	for _, c := range conns {
		all.Go(func() { c.err = c.run(p, began) })
	}
	all.Wait()
	r := &Result{Took: time.Since(began)}
	var failed []error
	for _, c := range conns {
		r.Requests += len(c.late)
		r.Bytes += c.bytes
		r.Late = append(r.Late, c.late...)
		failed = append(failed, c.err)
	}
	slices.Sort(r.Late)
	return r, errors.Join(failed...)
}

type conn struct {
	Target
	index int
	nc    net.Conn
	in    *bufio.Reader
	late  []time.Duration
	bytes int64
	err   error
}

func dial(t Target, index int) (*conn, error) {
	nc, err := net.Dial("tcp", t.Addrs[index%len(t.Addrs)])
	if err != nil {
		return nil, err
	}
	return &conn{Target: t, index: index, nc: nc, in: bufio.NewReaderSize(nc, 64<<10)}, nil
}

// run sends until the plan's time is over. Of an open loop each connection has
// the requests index, index+Conns, … of the schedule. One whose answers are
// slow sends late, and the wait counts; what it has not sent by the end it
// never sends, so a server that does not keep up shows by too few requests.
func (c *conn) run(p Plan, began time.Time) error {
	for n := 0; p.Most == 0 || n*p.Conns+c.index < p.Most; n++ {
		due := time.Now()
		if p.Rate > 0 {
			due = began.Add(time.Duration(float64(n*p.Conns+c.index) / p.Rate * float64(time.Second)))
		}
		if due.Sub(began) >= p.For || time.Since(began) >= p.For {
			return nil
		}
		if left := time.Until(due); left > 0 { // nothing holds it up: a sleep that is too long by a millisecond, as they are, is not the server's
			time.Sleep(left)
			due = time.Now()
		}
		if err := c.exchange(c.Request(c.index, n)); err != nil {
			return err
		}
		c.late = append(c.late, time.Since(due))
	}
	return nil
}

func (c *conn) exchange(request []byte) error {
	if err := c.nc.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	if _, err := c.nc.Write(request); err != nil {
		return err
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // it is read to its end
	if res.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 300))
		return &Refused{res.StatusCode, string(text)}
	}
	n, err := io.Copy(io.Discard, res.Body)
	c.bytes += n
	return err
}

// Refused is an answer other than 2xx.
type Refused struct {
	Status int
	Text   string // its beginning
}

func (r *Refused) Error() string {
	return fmt.Sprintf("%d %s: %.200s", r.Status, http.StatusText(r.Status), r.Text)
}
