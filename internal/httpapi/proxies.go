package httpapi

import (
	"net"

	"github.com/labstack/echo/v4"
)

// clientAddress returns the address of the client. Behind trusted proxies this is the
// last address in X-Forwarded-For that is not a trusted proxy's. Each proxy appends the
// address from which it was called, so addresses further in front were written by the
// client itself. A header that cannot be read is ignored.
//
// The header Forwarded of RFC 7239 is not read: a proxy that writes X-Forwarded-For
// passes on a Forwarded header as the client sent it.
func clientAddress(trusted []*net.IPNet) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	// echo would trust private networks of its own accord.
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range trusted {
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
