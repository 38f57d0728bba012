package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// subnet is the two addresses of a line.
type subnet struct{ server, client netip.Addr }

// openFreeTUN opens this machine's end of a line that nobody else has.
func openFreeTUN() (*os.File, subnet, error) {
	for n := range byte(lines) {
		net := subnet{server: netip.AddrFrom4([4]byte{10, 77, n, 1}), client: netip.AddrFrom4([4]byte{10, 77, n, 2})}
		file, err := openTUN(fmt.Sprintf("slipway%d", n), net.server, net.client)
		if errors.Is(err, unix.EBUSY) {
			continue
		}
		return file, net, err
	}
	return nil, subnet{}, fmt.Errorf("%d lines are up already", lines)
}

// openTUN makes a TUN device in the namespace of this thread and brings it up
// between two addresses. It goes away when the file is closed. EBUSY: another
// process has a device of this name.
//
// https://docs.kernel.org/networking/tuntap.html (read 2026-11-22)
func openTUN(name string, local, peer netip.Addr) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun (needs root): %w", err)
	}
	// A device that the runtime polls before TUNSETIFF counts as broken for
	// ever: only then does the descriptor become a file.
	err = configure(fd, name, local, peer)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("TUN device %s (needs root): %w", name, err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), nil
}

func configure(tun int, name string, local, peer netip.Addr) error {
	device, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	device.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(tun, unix.TUNSETIFF, device); err != nil {
		return err
	}
	for _, set := range []struct {
		request uint
		addr    netip.Addr
	}{{unix.SIOCSIFADDR, local}, {unix.SIOCSIFDSTADDR, peer}} {
		if err := device.SetInet4Addr(set.addr.AsSlice()); err != nil {
			return err
		}
		if err := onSocket(set.request, device); err != nil {
			return err
		}
	}
	return raise(name)
}

// raise brings a device of this thread's namespace up.
func raise(name string) error {
	device, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	device.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return onSocket(unix.SIOCSIFFLAGS, device)
}

// onSocket makes a request of netdevice(7), which any socket takes.
func onSocket(request uint, device *unix.Ifreq) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return errors.Join(unix.IoctlIfreq(socket, request, device), unix.Close(socket))
}
