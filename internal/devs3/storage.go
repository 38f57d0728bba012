package devs3

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// storage is versitygw's file system backend, before it is made strict.
type storage struct {
	*posix.Posix
	meta meta.MetadataStorer
}

// openStorage opens, and on first use creates, the storage below dir: objects
// in data/, as plain files under their keys. What S3 knows about an object
// besides its bytes is in the file's extended attributes or, where the file
// system has none, in meta/.
//
// A folder that has a meta/ keeps using it: it may have been copied from
// another file system, and an object without its ETag is a broken object.
//
// With versions, buckets can keep what is deleted and replaced, in versions/.
//
// versitygw changes the working directory into data/ and keeps relative paths:
// nothing in this process may change it again.
func openStorage(dir string, versions bool) (*storage, error) {
	data, side := filepath.Join(dir, "data"), filepath.Join(dir, "meta")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	var options posix.PosixOpts
	if versions {
		options.VersioningDir = filepath.Join(dir, "versions")
		if err := os.MkdirAll(options.VersioningDir, 0o700); err != nil {
			return nil, err
		}
	}
	_, err := os.Stat(side)
	if err != nil && (meta.XattrMeta{}).Test(data) == nil {
		return newStorage(data, packed{meta.XattrMeta{}}, options)
	}
	if err := os.MkdirAll(side, 0o700); err != nil {
		return nil, err
	}
	files, err := meta.NewSideCar(side)
	if err != nil {
		return nil, err
	}
	options.SideCarDir = side
	return newStorage(data, files, options)
}

func newStorage(data string, m meta.MetadataStorer, options posix.PosixOpts) (*storage, error) {
	be, err := posix.New(data, m, options)
	if err != nil {
		return nil, err
	}
	return &storage{Posix: be, meta: m}, nil
}

// checksumsAttr is where versitygw 1.8.0 notes an upload's algorithm.
const checksumsAttr = "checksums"

// find returns the checksum the upload was created with, or NoSuchUpload.
//
// It looks where versitygw 1.8.0 keeps uploads. ListParts would say the same,
// but reads the whole folder: with 10,000 parts that made a PUT take 45 ms
// where it takes 1.5 ms in an empty one.
func (s *storage) find(up upload) (algorithm, error) {
	folder := filepath.Join(posix.MetaTmpMultipartDir, fmt.Sprintf("%x", sha256.Sum256([]byte(up.key))), up.id)
	_, err := os.Stat(filepath.Join(up.bucket, folder))
	if errors.Is(err, fs.ErrNotExist) || uuid.Validate(up.id) != nil {
		return algorithm{}, s3err.GetNoSuchUploadErr(up.id)
	}
	if err != nil {
		return algorithm{}, err
	}
	note, err := s.meta.RetrieveAttribute(nil, up.bucket, folder, checksumsAttr)
	if errors.Is(err, meta.ErrNoSuchKey) {
		return algorithm{name: none}, nil
	}
	var checksum s3response.Checksum
	if err == nil {
		err = json.Unmarshal(note, &checksum)
	}
	return algorithm{name: strings.ToLower(string(checksum.Algorithm)), kind: checksum.Type}, err
}
