package app

import "slipway/internal/session"

// fewRounds is how often in a row the reaper may pass a session over before
// that is logged. Other brokers that work on the session are done by then.
const fewRounds = 3

// passedOver counts for each session in how many rounds in a row it was passed
// over.
type passedOver map[session.ID]int

// note takes the sessions that one round passed over. It returns how many of
// them were passed over for more than a few rounds, and those that became so
// in this round.
func (p *passedOver) note(passed []session.ID) (stuck int, told []session.ID) {
	now := passedOver{}
	for _, id := range passed {
		now[id] = (*p)[id] + 1
		if now[id] > fewRounds {
			stuck++
		}
		if now[id] == fewRounds+1 {
			told = append(told, id)
		}
	}
	*p = now
	return stuck, told
}
