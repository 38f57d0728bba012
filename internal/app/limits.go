package app

import "slipway/internal/session"

// LimitSettings is what one owner, and one session, may use up.
//
// The rates are generous: a recorder at 1 Gbit/s with parts of 5 MiB signs 25 a
// second, and a phone may sign all 10,000 of a session in one call, which is
// why no burst is smaller.
type LimitSettings struct {
	MaxOpenPerOwner    int   `name:"max-open-per-owner" env:"BROKER_MAX_OPEN_PER_OWNER" default:"100" min:"0" max:"100000" group:"Limits" help:"Most sessions of one owner that are not finished; a grant may set fewer. 0 is without limit."`
	DailyBytesPerOwner Bytes `name:"daily-bytes-per-owner" env:"BROKER_DAILY_BYTES_PER_OWNER" default:"0" min:"0" max:"1000000GiB" group:"Limits" help:"Bytes of one owner that may arrive between midnight and midnight, UTC: past them no session opens, and those that record go on. 0 is without limit."`
	SignRate           int   `name:"sign-rate" env:"BROKER_SIGN_RATE" default:"100" min:"0" max:"1000000" group:"Limits" help:"Parts that one session may have signed per second in the long run; a call counts as one at least, and as many as it reports, and a look as 20 or more. 0 is without limit."`
	SignBurst          int   `name:"sign-burst" env:"BROKER_SIGN_BURST" default:"20000" min:"10000" max:"10000000" group:"Limits" help:"Parts that one session may have signed at once, ahead of its rate."`
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
