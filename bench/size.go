//go:build linux

package main

import "time"

// size is how long everything takes.
type size struct {
	rounds   int
	warm     time.Duration // before each run, not counted: code is compiled, connections are made
	run      time.Duration // each run
	upload   int64         // bytes that one upload moves
	uploads  int           // rounds of them
	sessions int           // in one Redis
	spread   int           // sessions, over a Cluster
	pages    int           // of the stale list that are timed
	starts   int           // of each server
	calls    int           // of each kind, in each round
	idlers   []int         // recorders at once
	idle     time.Duration // how long they do
	browser  browserPlan
}

// sizes by whether it is the short form.
var sizes = map[bool]size{
	false: {rounds: 3, warm: time.Second, run: 3 * time.Second, upload: 1 << 30, uploads: 3, sessions: 1_000_000, spread: 50_000, pages: 500, starts: 3, calls: 400, idlers: []int{1000, 10_000}, idle: 40 * time.Second, browser: longBrowser},
	true:  {rounds: 2, warm: 200 * time.Millisecond, run: 700 * time.Millisecond, upload: 64 << 20, uploads: 2, sessions: 20_000, spread: 2_000, pages: 100, starts: 1, calls: 50, idlers: []int{100, 1000}, idle: 10 * time.Second, browser: shortBrowser},
}

var (
	longBrowser = browserPlan{
		Stops: []stopLength{{20, 3}, {60, 2}, {180, 2}}, KillSeconds: 45, KillRounds: 1, FileBytes: 512 << 20, FileRounds: 3,
	}
	shortBrowser = browserPlan{Stops: []stopLength{{20, 1}}, KillSeconds: 20, KillRounds: 1, FileBytes: 128 << 20, FileRounds: 1}
)
