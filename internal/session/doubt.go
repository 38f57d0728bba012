package session

// doubts reports whether a part of s that nobody reported may be damaged. This is
// so if the provider stores a PUT that was cut, with zeros for the rest, and no
// checksum would show it. A recorder that reports a part has had S3's answer to the
// whole PUT.
func (b *Broker) doubts(s *Session) bool {
	return b.Limits.CutPutsStay && s.Algorithm == NoChecksum
}

// vouched refuses a claim if it gives only the size of a part, and if that part was
// never reported. words is a format for the number of such parts, and says why they
// are refused.
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
