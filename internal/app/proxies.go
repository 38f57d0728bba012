package app

import (
	"fmt"
	"net"
)

// ProxySettings is what stands in front of the broker.
type ProxySettings struct {
	TrustedProxies []string `name:"trusted-proxies" env:"BROKER_TRUSTED_PROXIES" placeholder:"CIDR" group:"HTTP" help:"Networks of the proxies in front, such as 10.0.0.0/8,fd00::/8, whose X-Forwarded-For names the client in the log. Default: none, so the log names the address that connects."`
}

func (s *ProxySettings) resolve() problems {
	var p problems
	_, err := s.networks()
	p.add("BROKER_TRUSTED_PROXIES", err)
	return p
}

// networks refuses the whole internet, because then a client could name its
// own address.
func (s *ProxySettings) networks() ([]*net.IPNet, error) {
	var networks []*net.IPNet
	for _, text := range s.TrustedProxies {
		ip, network, err := net.ParseCIDR(text)
		if err != nil || !ip.Equal(network.IP) {
			return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8, or 10.0.0.7/32 for one address", text)
		}
		if bits, _ := network.Mask.Size(); bits == 0 {
			return nil, fmt.Errorf("%q is the whole internet: then each client could name its own address", text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}
