package app

import "slipway/internal/session"

// LimitSettings is what one owner, and one session, may use up.
//
// The rates are generous. A recorder at 1 Gbit/s with parts of 5 MiB signs 25
// parts a second. A phone may sign all 10,000 parts of a session in one call,
// so no burst is smaller than that.
type LimitSettings struct {
	MaxOpenPerOwner    int   `name:"max-open-per-owner" env:"BROKER_MAX_OPEN_PER_OWNER" default:"100" min:"0" max:"100000" group:"Limits" help:"The most unfinished sessions of one owner; a grant may set fewer. 0 means no limit."`
	DailyBytesPerOwner Bytes `name:"daily-bytes-per-owner" env:"BROKER_DAILY_BYTES_PER_OWNER" default:"0" min:"0" max:"1000000GiB" group:"Limits" help:"Bytes of one owner that may arrive from midnight to midnight, UTC. Past this limit no session opens, and those that record go on. 0 means no limit."`
	SignRate           int   `name:"sign-rate" env:"BROKER_SIGN_RATE" default:"100" min:"0" max:"1000000" group:"Limits" help:"Parts per second that one session may sign in the long run. A call counts as many as it signs or reports, and one at least; a lookup or a poster counts 20 or more. 0 means no limit."`
	SignBurst          int   `name:"sign-burst" env:"BROKER_SIGN_BURST" default:"20000" min:"10000" max:"10000000" group:"Limits" help:"Parts that one session may sign at once, ahead of its rate."`
	OwnerSignRate      int   `name:"owner-sign-rate" env:"BROKER_OWNER_SIGN_RATE" default:"1000" min:"0" max:"1000000" group:"Limits" help:"Like BROKER_SIGN_RATE, for all sessions of one owner together; an open counts as 20."`
	OwnerSignBurst     int   `name:"owner-sign-burst" env:"BROKER_OWNER_SIGN_BURST" default:"100000" min:"10000" max:"10000000" group:"Limits" help:"Like BROKER_SIGN_BURST, for all sessions of one owner together."`
}

func (s *LimitSettings) quota() session.Quota {
	return session.Quota{MaxOpen: s.MaxOpenPerOwner, DailyBytes: int64(s.DailyBytesPerOwner)}
}

func (s *LimitSettings) rates() session.Rates {
	return session.Rates{
		Session: session.Rate{PerSecond: s.SignRate, Burst: s.SignBurst},
		Owner:   session.Rate{PerSecond: s.OwnerSignRate, Burst: s.OwnerSignBurst},
	}
}
