package session

import "context"

// once returns one part for each number that S3 lists. Some servers list every PUT
// of a number, and complete with the one that is named (SeaweedFS 4.53). Then once
// picks the PUT that is meant. wanted is the claim, if there is one.
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

// pick keeps one part of each number: the part that the first of the lists in meant
// has, else the newest. listed is sorted by number, and then by age.
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

// pickOne picks one of the PUTs of a number. The last one is the newest.
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
