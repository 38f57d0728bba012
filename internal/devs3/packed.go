package devs3

import (
	"encoding/json"
	"os"

	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
)

// partSizesAttr is where versitygw 1.8.0 notes the sizes of a completed
// object's parts, for GETs by part number.
const partSizesAttr = "mp-metadata"

// packed stores that note as runs of equal parts. versitygw gzips a list with
// one number per part, which takes 4.5 kB for 1,000 parts and 45 kB for 10,000,
// while ext4 has 4 kB for all attributes of a file: there Complete of more than
// some 800 parts would fail with InsufficientStorage (see
// TestTenThousandPartsFitAnAttribute). Our parts are all of one size but the
// last, so two runs say it all.
type packed struct{ meta.MetadataStorer }

type packedSizes struct {
	UploadID string    `json:"uploadId"`
	Runs     []sizeRun `json:"runs"`
}

type sizeRun struct {
	Size  int64 `json:"size"`
	Count int   `json:"count"`
}

func (p packed) StoreAttribute(f *os.File, bucket, object, attribute string, value []byte) error {
	if attribute == partSizesAttr {
		value = packSizes(value)
	}
	return p.MetadataStorer.StoreAttribute(f, bucket, object, attribute, value)
}

func (p packed) RetrieveAttribute(f *os.File, bucket, object, attribute string) ([]byte, error) {
	value, err := p.MetadataStorer.RetrieveAttribute(f, bucket, object, attribute)
	if err == nil && attribute == partSizesAttr {
		value = unpackSizes(value)
	}
	return value, err
}

// packSizes returns value unchanged if it is not what versitygw writes.
func packSizes(value []byte) []byte {
	sizes, err := backend.UnmarshalMpUploadMetadata(value, false)
	if err != nil {
		return value
	}
	p := packedSizes{UploadID: sizes.UploadID}
	var before int64
	for _, end := range sizes.Parts { // each counts from the object's start
		size := end - before
		before = end
		if n := len(p.Runs); n > 0 && p.Runs[n-1].Size == size {
			p.Runs[n-1].Count++
			continue
		}
		p.Runs = append(p.Runs, sizeRun{Size: size, Count: 1})
	}
	return orElse(value, p)
}

// unpackSizes returns value unchanged if packSizes did not make it.
func unpackSizes(value []byte) []byte {
	var p packedSizes
	if err := json.Unmarshal(value, &p); err != nil || p.Runs == nil {
		return value
	}
	sizes := backend.MpUploadMetadata{UploadID: p.UploadID}
	var end int64
	for _, run := range p.Runs {
		for range run.Count {
			end += run.Size
			sizes.Parts = append(sizes.Parts, end)
		}
	}
	return orElse(value, sizes)
}

func orElse(value []byte, v any) []byte {
	if packed, err := json.Marshal(v); err == nil {
		return packed
	}
	return value
}
