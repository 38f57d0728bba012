package httpapi

import (
	"net"

	"github.com/labstack/echo/v4"
)

// clientAddress finds who is at the other end. Behind trusted proxies that is
// the last address in X-Forwarded-For that none of them has: each adds the one
// it was called from at the end, and what stands further in front is the
// client's own word. Of a header that cannot be read nothing is believed.
//
// RFC 7239's Forwarded is not read: a proxy that writes the one header passes
// the other on as the client sent it.
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
