package session

// doubts says whether a part of s that nobody reported may be less than what
// was sent: the provider stores a PUT that was cut, its rest zeros, and there is
// no checksum to tell. Who reports a part had S3's answer to the whole of it.
func (b *Broker) doubts(s *Session) bool {
	return b.Limits.CutPutsStay && s.Algorithm == NoChecksum
}

// vouched refuses a claim on parts of which it says no more than the size, and
// of which no report is known. words say why that does not do, and tell how many
// these are.
func vouched(wanted, reported []Part, words string) error {
	told := byNumber(reported)
	var differ []Difference
	for _, want := range wanted {
		if _, ok := told[want.Number]; !ok && want.silent() {
			differ = append(differ, Difference{Number: want.Number, Want: &want})
		}
	}
	if len(differ) == 0 {
		return nil
	}
	return differing(differ, words)
}
