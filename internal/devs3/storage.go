package devs3

import (
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
)

// storage is versitygw's file system backend, before it is made strict.
type storage = posix.Posix

// openStorage opens, and on first use creates, the storage below dir: objects
// in data/, as plain files under their keys. What S3 knows about an object
// besides its bytes is in the file's extended attributes or, where the file
// system has none, in meta/.
//
// A folder that has a meta/ keeps using it: it may have been copied from
// another file system, and an object without its ETag is a broken object.
//
// versitygw changes the working directory into data/ and keeps relative paths:
// nothing in this process may change it again.
func openStorage(dir string) (*storage, error) {
	data, side := filepath.Join(dir, "data"), filepath.Join(dir, "meta")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	_, err := os.Stat(side)
	if err != nil && (meta.XattrMeta{}).Test(data) == nil {
		return posix.New(data, packed{meta.XattrMeta{}}, posix.PosixOpts{})
	}
	if err := os.MkdirAll(side, 0o700); err != nil {
		return nil, err
	}
	files, err := meta.NewSideCar(side)
	if err != nil {
		return nil, err
	}
	return posix.New(data, files, posix.PosixOpts{SideCarDir: side})
}
