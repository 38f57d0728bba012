package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"os"
	"testing"
	"time"

	"slipway/internal/session"
)

// A device that was told to trust broker-dev must not trust whoever gets hold of
// its key for the rest of the web.
func TestTheCertificateVouchesForThisHostAlone(t *testing.T) {
	d := &dataFolder{path: t.TempDir()}
	if err := d.makeCertificate("dev.example"); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(d.certFile(), d.keyFile())
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(pair.Leaf)
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: trusted, DNSName: "dev.example"}); err != nil {
		t.Errorf("who trusts it cannot reach us: %v", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forged := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bank"}, DNSNames: []string{"bank.example"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, forged, pair.Leaf, &key.PublicKey, pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	bank, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bank.Verify(x509.VerifyOptions{Roots: trusted, DNSName: "bank.example"}); err == nil {
		t.Error("with our key, a certificate for bank.example is trusted too")
	}
}

func TestACertificateThatIsAnAuthorityIsReplaced(t *testing.T) {
	d := &dataFolder{path: t.TempDir()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"dev.example"}, NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(99 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, old, old, &key.PublicKey, key)
	if err := errors.Join(err, writePEM(d.certFile(), "CERTIFICATE", der)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(d.certFile())
	if err := errors.Join(err, d.makeCertificate("dev.example")); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(d.certFile()); err != nil || string(after) == string(before) {
		t.Errorf("the authority of before is still there (%v)", err)
	}
}

func TestEachDeviceOfTheNetworkIsAnOwner(t *testing.T) {
	for device, want := range map[string]session.Owner{"127.0.0.1": "dev", "::1": "dev", "192.168.1.7": "dev at 192.168.1.7", "fe80::1": "dev at fe80::1"} {
		if got := pageGrant(device).Owner; got != want {
			t.Errorf("%s records as %q, not %q", device, got, want)
		}
	}
}
