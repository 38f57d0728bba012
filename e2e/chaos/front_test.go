//go:build linux

package chaos

import (
	"io"
	"net"
	"sync"
	"testing"
)

// front is the one address of all brokers: it hands each connection to the
// next broker that takes it.
type front struct {
	URL      string
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex // guards all below
	addrs []string   // of the brokers; a dead one's refuses
	next  int
}

func newFront(t *testing.T, brokers int) *front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &front{URL: "http://" + l.Addr().String(), listener: l, addrs: make([]string, brokers)}
	f.running.Go(f.accept)
	// The brokers' cleanup comes first and breaks the connections.
	t.Cleanup(func() {
		_ = l.Close()
		f.running.Wait()
	})
	return f
}

// moved says where a broker listens now.
func (f *front) moved(broker int, addr string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addrs[broker] = addr
}

func (f *front) accept() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.running.Go(func() { f.carry(client) })
	}
}

// carry connects a client with a broker until either leaves.
func (f *front) carry(client net.Conn) {
	defer client.Close()
	broker := f.dial()
	if broker == nil {
		return
	}
	defer broker.Close()
	go func() { // ends when this function closes both
		_, _ = io.Copy(broker, client)
		_ = broker.Close()
	}()
	_, _ = io.Copy(client, broker)
}

func (f *front) dial() net.Conn {
	for range len(f.addrs) {
		f.mu.Lock()
		addr := f.addrs[f.next%len(f.addrs)]
		f.next++
		f.mu.Unlock()
		if conn, err := net.Dial("tcp", addr); err == nil {
			return conn
		}
	}
	return nil
}
