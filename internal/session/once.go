package session

import "context"

// once is what S3 has of each number of s. Some servers list every PUT of a
// number and complete with whichever is named (SeaweedFS 4.53): of those the one
// that is meant is picked. wanted is the claim, if there is one.
func (b *Broker) once(ctx context.Context, s *Session, listed, wanted []Part) ([]Part, error) {
	if !repeats(listed) {
		return listed, nil
	}
	reported, err := b.reported(ctx, s)
	return pick(listed, wanted, reported), err
}

func repeats(listed []Part) bool {
	for i := 1; i < len(listed); i++ {
		if listed[i].Number == listed[i-1].Number {
			return true
		}
	}
	return false
}

// pick keeps one part of each number: the one that is meant by the first list
// that knows one of them, else the newest. listed is in order of number, and
// then of age.
func pick(listed []Part, meant ...[]Part) []Part {
	lists := make([]map[PartNumber]Part, len(meant))
	for i, parts := range meant {
		lists[i] = byNumber(parts)
	}
	var picked []Part
	for start := 0; start < len(listed); {
		end := start + 1
		for end < len(listed) && listed[end].Number == listed[start].Number {
			end++
		}
		picked = append(picked, pickOne(listed[start:end], lists))
		start = end
	}
	return picked
}

// pickOne picks among the PUTs of one number, the newest last.
func pickOne(puts []Part, meant []map[PartNumber]Part) Part {
	newest := puts[len(puts)-1]
	for _, list := range meant {
		want, told := list[newest.Number]
		for i := len(puts) - 1; told && i >= 0; i-- {
			if sameContent(puts[i], want) {
				return puts[i]
			}
		}
	}
	return newest
}
