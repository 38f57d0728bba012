package devs3

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/s3response"
)

// maxUploads is the longest page S3 gives.
const maxUploads = 1000

// ListMultipartUploads makes its own pages, because versitygw 1.8.0 answers
// InvalidArgument to the upload-id-marker that it just gave (versitygw#2149).
//
// Uploads of one key are in the order of their IDs. On AWS they are in the
// order in which they began. versitygw uses the time of the last part for
// that, so the order would change between two pages. Listings with a delimiter
// are versitygw's own.
func (s *strict) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput) (s3response.ListMultipartUploadsResult, error) {
	if value(in.Delimiter) != "" {
		return s.storage.ListMultipartUploads(ctx, in)
	}
	all := *in
	all.KeyMarker, all.UploadIdMarker, all.MaxUploads = nil, nil, new(int32)
	*all.MaxUploads = math.MaxInt32
	res, err := s.listAll(ctx, &all)
	if err != nil {
		return res, err
	}
	if s.byKeyOnly {
		res.Uploads = slices.DeleteFunc(res.Uploads, func(up s3response.Upload) bool { return up.Key != value(in.Prefix) })
	}
	slices.SortFunc(res.Uploads, func(a, b s3response.Upload) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.UploadID, b.UploadID))
	})
	res.KeyMarker, res.UploadIDMarker = value(in.KeyMarker), value(in.UploadIdMarker)
	res.Uploads = slices.DeleteFunc(res.Uploads, func(up s3response.Upload) bool {
		return !after(up, res.KeyMarker, res.UploadIDMarker)
	})
	cutPage(&res, in.MaxUploads)
	return res, nil
}

// listAll lists again if an upload ended meanwhile. versitygw reads the names
// of uploads first, and answers 500 if one of them is gone when it looks at
// it.
func (s *strict) listAll(ctx context.Context, in *s3.ListMultipartUploadsInput) (res s3response.ListMultipartUploadsResult, err error) {
	for range maxRequests { // more than may end uploads at the same time
		res, err = s.storage.ListMultipartUploads(ctx, in)
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return res, err
}

// after says whether up comes after the markers. Without an upload ID, the key
// marker stands for all uploads of that key.
func after(up s3response.Upload, keyMarker, idMarker string) bool {
	if up.Key == keyMarker && idMarker != "" {
		return up.UploadID > idMarker
	}
	return up.Key > keyMarker
}

func cutPage(res *s3response.ListMultipartUploadsResult, limit *int32) {
	res.MaxUploads = maxUploads
	if limit != nil {
		res.MaxUploads = min(int(*limit), maxUploads)
	}
	res.IsTruncated, res.NextKeyMarker, res.NextUploadIDMarker = false, "", ""
	if len(res.Uploads) <= res.MaxUploads {
		return
	}
	res.Uploads = res.Uploads[:res.MaxUploads]
	if n := len(res.Uploads); n > 0 {
		res.IsTruncated = true
		res.NextKeyMarker, res.NextUploadIDMarker = res.Uploads[n-1].Key, res.Uploads[n-1].UploadID
	}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
