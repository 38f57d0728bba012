package app

import (
	"fmt"
	"net"
)

// ProxySettings is what stands in front of the broker.
type ProxySettings struct {
	TrustedProxies []string `name:"trusted-proxies" env:"BROKER_TRUSTED_PROXIES" placeholder:"CIDR" group:"HTTP" help:"Networks of the proxies in front, such as 10.0.0.0/8,fd00::/8, whose X-Forwarded-For says who the client is, for the log. Default: none, so the log names whoever connects."`
}

func (s *ProxySettings) resolve() problems {
	var p problems
	_, err := s.networks()
	p.add("BROKER_TRUSTED_PROXIES", err)
	return p
}

// networks refuses the whole internet: then a client's own word would count.
func (s *ProxySettings) networks() ([]*net.IPNet, error) {
	var networks []*net.IPNet
	for _, text := range s.TrustedProxies {
		ip, network, err := net.ParseCIDR(text)
		if err != nil || !ip.Equal(network.IP) {
			return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8, or 10.0.0.7/32 for one address", text)
		}
		if bits, _ := network.Mask.Size(); bits == 0 {
			return nil, fmt.Errorf("%q is everybody: then each client could say who it is", text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}
