package app

import "slipway/internal/session"

// fewRounds is how often in a row the reaper may pass a session over before
// that is told: others at work on it are done by then.
const fewRounds = 3

// passedOver is for how many rounds in a row each session was passed over.
type passedOver map[session.ID]int

// note takes what one round passed over. It returns how many of these were for
// more than a few rounds, and those that were so for the first time.
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
