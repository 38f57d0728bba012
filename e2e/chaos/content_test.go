//go:build linux

package chaos

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

const partSize = 5 << 20 // bytes

// take is a recording whose content a seed makes, so that it need not be kept:
// part by part, as it is read.
type take struct {
	Recording
	seed  uint64
	index uint64

	begins time.Time
	leaves int       // after so many parts the recorder is gone for good; 0: it stays
	killed time.Time // of a phone: after its last PUT
}

var (
	errLeft   = errors.New("the recorder left")
	errKilled = errors.New("the phone was killed after its last PUT")
)

// newTake draws a recording of 3 to 8 parts that starts now and is recorded
// within d at most. Half have checksums; all put the growing last part away.
func newTake(rng *rand.Rand, seed uint64, index int, d time.Duration) *take {
	size := int64(2+rng.IntN(6))*partSize + 1 + rng.Int64N(partSize-1)
	t := &take{seed: seed, index: uint64(index), begins: time.Now(), Recording: Recording{
		Key: fmt.Sprintf("take %d of seed %d", index, seed), ContentType: "video/webm", Checksum: "none", PartSize: partSize, Size: size}}
	if index%2 == 0 {
		t.Checksum = "sha256"
	}
	t.Checkpoint = size%partSize/2 + 1
	d -= time.Duration(rng.Int64N(int64(d / 2)))
	t.Read = func(ctx context.Context, from, to int64) (io.Reader, error) {
		if t.leaves > 0 && to > int64(t.leaves)*partSize {
			return nil, errLeft
		}
		recorded := t.begins.Add(time.Duration(float64(d) * float64(to) / float64(size)))
		return t.content(from, to), sleep(ctx, time.Until(recorded))
	}
	think := time.Duration(rng.Int64N(int64(d / 2)))
	t.Keep = func(ctx context.Context) error { return sleep(ctx, think) }
	return t
}

// newPhone draws a recording that a phone uploads as it is recorded, from begins
// on and for d. It is killed after its last PUT.
func newPhone(rng *rand.Rand, seed uint64, index int, begins, d time.Duration) *take {
	t := newTake(rng, seed, index, d)
	t.begins = t.begins.Add(begins)
	t.WhenWhole, t.Checkpoint = true, 0 // what is announced is final
	t.Keep = func(context.Context) error {
		t.killed = time.Now()
		return errKilled
	}
	return t
}

// content reads on from the beginning of a part.
func (t *take) content(from, to int64) io.Reader {
	var parts []io.Reader
	for ; from < to; from += partSize {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[0:], t.seed)
		binary.LittleEndian.PutUint64(key[8:], t.index)
		binary.LittleEndian.PutUint64(key[16:], uint64(from))
		parts = append(parts, io.LimitReader(rand.NewChaCha8(key), min(partSize, to-from)))
	}
	return io.MultiReader(parts...)
}

// kept is how much of it has to be safe in the end, in bytes.
func (t *take) kept() int64 {
	if t.leaves > 0 {
		return int64(t.leaves) * partSize
	}
	return t.Size
}

func (t *take) sha256() []byte {
	h := sha256.New()
	_, _ = io.Copy(h, t.content(0, t.kept())) // neither of them fails
	return h.Sum(nil)
}

func (t *take) parts() int { return int((t.Size + partSize - 1) / partSize) }
