package sim

import (
	"math/rand/v2"
	"time"

	"slipway/internal/session"
)

// limits of the brokers. What takes days elsewhere takes hours here.
var limits = session.Limits{
	KeyPrefix: "r/", PartSize: session.MinPartSize, MaxBytes: 8 * session.MinPartSize,
	URLTTL: 15 * time.Minute, MaxURLTTL: time.Hour, WatchTTL: time.Hour, SessionTTL: 24 * time.Hour, KeepRecord: 3 * time.Hour,
	CompleteWithin: 20 * time.Second,
	AbandonAfter:   40 * time.Minute, ResumeWindow: 2 * time.Hour, AdoptAfter: 30 * time.Minute, Notify: true,
}

// maxSkew is how far a broker's clock may be off.
const maxSkew = 3 * time.Minute

// plan is what one schedule is made of.
type plan struct {
	brokers     int
	recorders   int
	liars       int
	operators   int
	blows       int           // to the Store and to S3; see befall
	storm       time.Duration // faults happen until then
	faultsOneIn int           // of the requests to Store and S3
	stallsOneIn int           // of the messages
	slowOneIn   int           // of the completes S3 takes longer over than anybody waits
	kms         bool
	checksums   []session.ChecksumAlgorithm // of the provider, the best first; nil: nobody knows
	unlisted    bool                        // S3 checks checksums, and does not list those of parts
	ambush      bool                        // much happens just before a recording is claimed

	// What this schedule is after: most aim at a cell of the table, and the
	// scene is set so that its step is come to.
	aim   cell
	shots int // how often the fault is met at most
	scene scene
}

// scene makes a rare step likely.
type scene struct {
	script []cue // met for certain, one after the other
	regret bool  // recorders abort when they have claimed
	erase  bool  // recorders delete what they completed
	insist bool  // recorders claim once more what they completed
	vanish bool  // recorders are gone for good when the script is over, and the storm outlasts the resume window
	extra  int   // how many more schedules aim at each of its cells
}

// cue is a fault that is met the next time its step comes, and a blow that
// follows on it.
type cue struct {
	cell
	then blow
}

// blow is what befalls the Store or S3 by itself.
type blow int

const (
	nothing   blow = iota
	flush          // Redis loses everything
	endUpload      // a lifecycle rule of the bucket ends every upload
	stalePart      // a PUT lands that was long thought dead
	salvage        // an operator ends what is open
)

var scenes = map[string]scene{
	"- → completed":           {script: []cue{{cell{"completing → completed", none}, flush}}, insist: true, extra: 3},
	"open → completed":        {script: []cue{{cell{"open → completing", failover}, nothing}}, extra: 1},
	"open → aborted":          {script: []cue{{cell{"report", none}, endUpload}}, vanish: true, extra: 2},
	"completing → completing": {script: []cue{{cell{"S3 complete", requestLost}, nothing}}},
	"completing → open":       {script: []cue{{cell{"S3 complete", requestLost}, stalePart}}, extra: 3},
	"completing → aborted":    {script: []cue{{cell{"S3 complete", requestLost}, endUpload}}, vanish: true, extra: 4},
	"open → aborting":         {regret: true},
	"aborting → aborted":      {regret: true},
	"aborting → aborting":     {script: []cue{{cell{"S3 abort", requestLost}, nothing}}, regret: true},
	"aborting → completed": {script: []cue{
		{cell{"open → completing", failover}, nothing}, {cell{"S3 complete", late}, nothing}, {cell{"open → aborting", crashAfter}, nothing},
	}, regret: true, extra: 4},
	"completed → deleted": {erase: true, extra: 1},
	"stale swap":          {script: []cue{{cell{"open → completing", failover}, nothing}}, extra: 1},
	"S3 abort":            {regret: true},
	"S3 delete":           {erase: true},
}

// aims is every cell, the rare ones more than once. Schedule n is after number n.
var aims = func() (all []cell) {
	for _, c := range cells {
		for range 1 + scenes[c.step].extra {
			all = append(all, c)
		}
	}
	return all
}()

// providers differ in the checksums that they take.
var providers = [][]session.ChecksumAlgorithm{
	nil, {}, {session.SHA256, session.CRC32C, session.MD5}, {session.CRC32C, session.MD5}, {session.MD5},
}

// draw makes the plan of a schedule.
func draw(seed uint64, chance *rand.Rand) plan {
	p := plan{
		brokers: 2 + chance.IntN(2), recorders: 1 + chance.IntN(2), liars: chance.IntN(2), operators: chance.IntN(2),
		blows: max(0, chance.IntN(5)-2), storm: time.Hour + time.Duration(chance.Int64N(int64(3*time.Hour))),
		faultsOneIn: []int{6, 20, 60, 400}[chance.IntN(4)], stallsOneIn: []int{20, 60, 400}[chance.IntN(3)],
		slowOneIn: []int{3, 20, 400}[chance.IntN(3)], kms: chance.IntN(4) == 0, ambush: chance.IntN(8) == 0,
		checksums: providers[chance.IntN(len(providers))], unlisted: chance.IntN(5) == 0,
	}
	if chance.IntN(6) > 0 {
		p.aim = aims[seed%uint64(len(aims))]
		p.scene, p.shots = scenes[p.aim.step], 1+chance.IntN(3)
	}
	if p.scene.vanish {
		p.storm += limits.ResumeWindow + time.Hour
	}
	return p
}
