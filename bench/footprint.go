//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"slipway/bench/load"
	"slipway/bench/proc"
	"slipway/bench/result"
	"slipway/bench/rig"
)

const (
	footReady   = "start to ready"
	footIdle    = "memory, idle"
	footClients = "memory, 1,000 clients"
	footProgram = "program"
)

// What 1,000 recorders at 8 Mbit/s ask for: a part every 5 s each.
const (
	clients     = 1000
	clientsRate = 200 // requests per second
	clientsFor  = 5 * time.Second
)

// settle is how long a server that has just started is left alone.
const settle = time.Second

// footprint measures memory and start, each round in a process of its own.
func (b *bench) footprint(ctx context.Context) error {
	t := b.table("footprint", "Memory and start", "From the start of the process to its first good answer; resident memory a second later, and its peak while 1,000 clients are connected that each have a part signed every 5 s, as recorders at 8 Mbit/s do. Redis is not counted. The program is the file itself; Node and its modules are not one.",
		result.Metric{Name: footReady, Unit: "ms", Ratio: result.LessIsBetter, Plot: true}, result.Metric{Name: footIdle, Unit: "MiB", Ratio: result.LessIsBetter, Plot: true},
		result.Metric{Name: footClients, Unit: "MiB", Ratio: result.LessIsBetter, Plot: true}, result.Metric{Name: footProgram, Unit: "MiB", Ratio: result.LessIsBetter})
	signers, err := b.Signers(ctx)
	if err != nil {
		return err
	}
	signers = append(signers[:1], signers[2:]...) // the API without Redis is no program of ours
	signers = append(signers, &rig.Signer{Name: "tusd", Start: func() (*rig.Running, error) { return b.StartTusd("tusd") }})
	for range b.size.starts {
		for _, s := range signers {
			if t.Failed(s.Name, footReady) || ctx.Err() != nil {
				continue
			}
			if err := footprintRound(ctx, t, s); err != nil {
				fmt.Fprintf(os.Stderr, "bench: %s failed: %v\n", s.Name, err)
				t.Fail(s.Name, "failed")
			}
		}
	}
	programBytes(t, "Slipway", b.Broker)
	programBytes(t, "tusd", b.Tusd)
	return ctx.Err()
}

func footprintRound(ctx context.Context, t *result.Table, s *rig.Signer) error {
	server, err := s.Start()
	if err != nil {
		return err
	}
	defer server.Stop()
	t.Add(s.Name, footReady, millis(server.Ready))
	time.Sleep(settle)
	idle, _, err := proc.Memory(server.Pid)
	if err != nil {
		return err
	}
	t.Add(s.Name, footIdle, float64(idle)/(1<<20))
	if s.Request == nil {
		return nil
	}
	if err := s.Prepare(ctx, server.Addr, clients); err != nil {
		return err
	}
	if err := proc.ForgetPeak(server.Pid); err != nil {
		return err
	}
	if _, err := load.Run(s.Target(server.Addr), load.Plan{Conns: clients, For: clientsFor, Rate: clientsRate}); err != nil {
		return err
	}
	_, peak, err := proc.Memory(server.Pid)
	if err != nil {
		return err
	}
	t.Add(s.Name, footClients, float64(peak)/(1<<20))
	return nil
}

// programBytes is how large a program is. Where it is not there its start has
// failed and said so.
func programBytes(t *result.Table, name, program string) {
	if info, err := os.Stat(program); err == nil {
		t.Add(name, footProgram, float64(info.Size())/(1<<20))
	}
}
