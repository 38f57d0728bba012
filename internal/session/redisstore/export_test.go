package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/session"
)

// IndexFaults says where s' index, or what it keeps of parts, is not exactly
// what its records call for. A listing hides most of it, since it looks at the
// records too; but an entry too many is a leak, and one too few a lost session.
func IndexFaults(ctx context.Context, s *Store) (faults []string, err error) {
	now, err := s.client.Time(ctx).Result()
	if err != nil {
		return nil, err
	}
	all, err := s.client.Keys(ctx, "*").Result()
	if err != nil {
		return nil, err
	}
	for tag := range session.Tags {
		k := s.keys(tag)
		if !slices.ContainsFunc(all, func(key string) bool { return strings.HasPrefix(key, string(k)) }) {
			continue
		}
		want, wrong, err := s.wantedIndex(ctx, k, tag)
		if err != nil {
			return nil, err
		}
		faults = append(faults, wrong...)
		dead := map[string]bool{} // forgotten by Redis, and by the index with the next swap
		due, err := s.client.ZRangeWithScores(ctx, k.forget(), 0, -1).Result()
		if err != nil {
			return nil, err
		}
		for _, z := range due {
			n := z.Member.(string)
			alive, err := s.client.Exists(ctx, k.record(name(n))).Result()
			if err != nil {
				return nil, err
			}
			dead[n] = alive == 0 && int64(z.Score) <= now.UnixMilli()
		}
		got := map[string]bool{}
		sets, err := s.client.Keys(ctx, string(k)+"[:o]*").Result()
		if err != nil {
			return nil, err
		}
		for _, set := range sets {
			if set == k.events() || slices.Contains(k.outbox(), set) {
				continue
			}
			members, err := s.client.ZRangeWithScores(ctx, set, 0, -1).Result()
			if err != nil {
				return nil, err
			}
			for _, z := range members {
				entry := fmt.Sprintf("%s %x", set, z.Member)
				if set != k.forget() {
					entry += fmt.Sprint(" ", int64(z.Score))
				}
				if got[entry] = true; !want[entry] && !dead[z.Member.(string)] {
					faults = append(faults, "too many: "+entry)
				}
			}
		}
		for entry := range want {
			if !got[entry] {
				faults = append(faults, "missing: "+entry)
			}
		}
		if wrong, err = s.outboxFaults(ctx, k); err != nil {
			return nil, err
		}
		faults = append(faults, wrong...)
	}
	return faults, nil
}

// outboxFaults says where the keys of an outbox do not hold the same
// notices.
func (s *Store) outboxFaults(ctx context.Context, k keys) (faults []string, err error) {
	due, err := s.client.ZRange(ctx, k.due(), 0, -1).Result()
	if err != nil {
		return nil, err
	}
	queue, err := s.client.ZRange(ctx, k.queue(), 0, -1).Result()
	if err != nil {
		return nil, err
	}
	notices, err := s.client.HKeys(ctx, k.notices()).Result()
	if err != nil {
		return nil, err
	}
	whose, err := s.client.HKeys(ctx, k.whose()).Result()
	if err != nil {
		return nil, err
	}
	for _, ids := range [][]string{due, queue, notices, whose} {
		slices.Sort(ids)
	}
	if !slices.Equal(due, queue) || !slices.Equal(due, notices) || !slices.Equal(due, whose) {
		faults = append(faults, fmt.Sprintf("due: %q, queue: %q, notices: %q, whose: %q", due, queue, notices, whose))
	}
	for _, some := range []string{k.ready(), k.aborts()} {
		ids, err := s.client.ZRange(ctx, some, 0, -1).Result()
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if _, there := slices.BinarySearch(due, id); !there {
				faults = append(faults, fmt.Sprintf("%s has %s, which is gone", some, id))
			}
		}
	}
	return faults, nil
}

// wantedIndex is what the records of one tag call for, and what is wrong with
// their parts.
func (s *Store) wantedIndex(ctx context.Context, k keys, tag int) (want map[string]bool, wrong []string, err error) {
	records, err := s.client.Keys(ctx, string(k)+"s*").Result()
	if err != nil {
		return nil, nil, err
	}
	hashes, err := s.client.Keys(ctx, string(k)+"p*").Result()
	if err != nil {
		return nil, nil, err
	}
	want = map[string]bool{}
	for _, key := range records {
		n := name(key[len(k)+1:])
		id, _ := n.id(tag, '0')
		value, err := s.client.Get(ctx, key).Result()
		if err != nil {
			return nil, nil, err
		}
		r, err := decodeRecord(id, value)
		if err != nil {
			return nil, nil, err
		}
		want[fmt.Sprintf("%s %x %d", k.state(r.session.State), n, r.indexed)] = true
		if behind := r.session.ActiveAt.Sub(instant(r.indexed)); behind < 0 || behind >= session.IndexedWithin {
			wrong = append(wrong, fmt.Sprintf("the index of %q is %v behind", key, behind))
		}
		if r.session.Owner != "" && !r.session.State.Finished() {
			want[fmt.Sprintf("%s %x 0", k.owner(r.session.Owner), n)] = true
		}
		ttl := s.client.PTTL(ctx, key).Val()
		if ttl > 0 {
			want[fmt.Sprintf("%s %x", k.forget(), n)] = true
		}
		hash := slices.Index(hashes, k.parts(n))
		if (hash >= 0) != r.hashed || r.hashed && (r.inline != "" || s.client.PTTL(ctx, k.parts(n)).Val() != ttl || s.client.HLen(ctx, k.parts(n)).Val() != int64(r.session.PartsReported)) {
			wrong = append(wrong, fmt.Sprintf("parts of %q are not as the record says", key))
		}
		if hash >= 0 {
			hashes = slices.Delete(hashes, hash, hash+1)
		}
	}
	for _, left := range hashes {
		wrong = append(wrong, fmt.Sprintf("%q has no record", left))
	}
	return want, wrong, nil
}
