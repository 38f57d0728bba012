package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// certificateLife is how long a certificate is good. Browsers take none over
// 398 days: https://support.apple.com/en-us/102028 (read 2026-11-22).
const certificateLife = 397 * 24 * time.Hour

// makeCertificate makes a self-signed certificate for host, unless the earlier
// one still fits. A device that accepted that one keeps trusting it.
func (d *dataFolder) makeCertificate(host string) error {
	if d.certificateServes(host) {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Slipway broker-dev"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, // not an authority: a device that trusts it trusts this host, and nothing else that a stolen key could sign
		DNSNames:              []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = append(template.IPAddresses, ip)
	} else {
		template.DNSNames = append(template.DNSNames, host)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(writePEM(d.keyFile(), "PRIVATE KEY", keyDER), writePEM(d.certFile(), "CERTIFICATE", der))
}

func (d *dataFolder) certificateServes(host string) bool {
	body, err := os.ReadFile(d.certFile())
	if err != nil {
		return false
	}
	block, _ := pem.Decode(body)
	if block == nil {
		return false
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	return err == nil && !cert.IsCA && cert.VerifyHostname(host) == nil && time.Until(cert.NotAfter) > 24*time.Hour
}

func writePEM(path, kind string, der []byte) error {
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		return fmt.Errorf("--tls: %w", err)
	}
	return nil
}
