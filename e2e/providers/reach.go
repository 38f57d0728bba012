//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// passing stands before the server as a good proxy does: it passes Host on,
// which is signed.
func (s *stage) passing() (http.Handler, error) {
	target, err := url.Parse(s.server.Endpoint)
	return &httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
		},
	}, err
}

// at is the stage with S3 reached in another way: by a broker with more
// settings, and by a client of its own.
func (s *stage) at(ctx context.Context, transport *http.Transport, settings []string, use func() error) error {
	before := s.http
	s.http = &http.Client{Transport: transport}
	defer func() {
		transport.CloseIdleConnections()
		s.http = before
	}()
	if err := s.serve(ctx, settings...); err != nil {
		return err
	}
	if err := use(); err != nil {
		return err
	}
	return s.serve(ctx)
}

// recorded is a recording that is completed and played.
func (s *stage) recorded(ctx context.Context) error {
	r, err := s.filled(ctx, "none")
	if err != nil {
		return err
	}
	return r.finish(ctx)
}

// virtualHosts reaches the bucket at a host of its own, which a forward proxy
// leads to the server: no name has to be known for it.
func virtualHosts(ctx context.Context, s *stage) error {
	if s.server.Domain == "" {
		return unfit("is not set up for any")
	}
	pass, err := s.passing()
	if err != nil {
		return err
	}
	proxy := httptest.NewServer(pass)
	defer proxy.Close()
	there, err := url.Parse(s.server.Endpoint)
	if err != nil {
		return err
	}
	through, err := url.Parse(proxy.URL)
	if err != nil {
		return err
	}
	settings := []string{"BROKER_S3_ENDPOINT=http://" + s.server.Domain + ":" + there.Port(), "BROKER_S3_PATH_STYLE=false", "HTTP_PROXY=" + proxy.URL}
	return s.at(ctx, &http.Transport{Proxy: http.ProxyURL(through)}, settings, func() error { return s.recorded(ctx) })
}

// privateCA reaches the server by TLS, with a certificate of a CA that nobody
// knows but by SSL_CERT_FILE.
func privateCA(ctx context.Context, s *stage) error {
	pass, err := s.passing()
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "ca.pem")
	certificate, roots, err := certify(file)
	if err != nil {
		return err
	}
	front := httptest.NewUnstartedServer(pass)
	front.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	front.EnableHTTP2 = true
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	defer front.Close()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	return s.at(ctx, transport, []string{"BROKER_S3_ENDPOINT=" + front.URL, "SSL_CERT_FILE=" + file}, func() error {
		if err := s.recorded(ctx); err != nil {
			return err
		}
		_, err := s.cliWith(ctx, []string{"BROKER_S3_ENDPOINT=" + front.URL, "SSL_CERT_FILE=" + file}, "bucket", "apply", "--yes")
		return err
	})
}

// certify makes a CA, whose certificate goes into a file, and a certificate of
// it for this machine.
func certify(file string) (server tls.Certificate, roots *x509.CertPool, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return server, nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a CA of one's own"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "s3"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		return server, nil, err
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, key)
	if err != nil {
		return server, nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, roots, os.WriteFile(file, text, 0o600)
}
