package devs3

import (
	"io"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3err"
)

// exactBody returns r, whose end is an error unless size bytes came before it.
//
// fasthttp reports a connection that was cut in the middle of a body as a plain
// io.EOF, and versitygw has by then reserved a file of the announced size.
// io.ErrUnexpectedEOF would not help: its hash reader turns that into io.EOF.
func exactBody(r io.Reader, size *int64) io.Reader {
	if r == nil || size == nil {
		return r
	}
	if _, ok := isChunked(r); ok {
		return r
	}
	return &exactReader{r: r, left: *size}
}

type exactReader struct {
	r    io.Reader
	left int64
}

func (e *exactReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	return n, err
}

// isChunked says whether the body is framed by aws-chunked. Such a body checks
// its own length and carries its checksum at the end.
func isChunked(body any) (middlewares.ChecksumReader, bool) {
	r, ok := body.(middlewares.ChecksumReader)
	return r, ok
}

const (
	maxHeardOut    = 64 << 20
	hearOutTimeout = 30 * time.Second
)

// hearOut reads the rest of a refused body before the answer goes out. A
// browser reads no answer while it still sends. If the connection is closed
// during a 5 MiB part, its page sees a network error instead of the 403.
// versitygw itself reads on for 256 KiB.
func hearOut(c fiber.Ctx) error {
	err := c.Next()
	refused := err != nil || c.Response().StatusCode() >= fiber.StatusBadRequest
	body := c.Request().BodyStream()
	if !refused || body == nil || c.Request().Header.ContentLength() <= 0 {
		return err
	}
	conn := c.RequestCtx().Conn()
	conn.SetReadDeadline(time.Now().Add(hearOutTimeout))
	defer conn.SetReadDeadline(time.Time{})
	io.CopyN(io.Discard, body, maxHeardOut) // the answer goes out in any case
	return err
}
