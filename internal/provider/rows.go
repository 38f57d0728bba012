package provider

// read is what somebody else says, and nobody here could look up.
func read[T any](v T, source string) Fact[T] {
	return Fact[T]{Value: v, Source: source, Day: "2026-11-29", Unchecked: true}
}

// page is what stands on a page that was looked up.
func page[T any](v T, url string) Fact[T] {
	return Fact[T]{Value: v, Source: url, Day: "2026-11-29"}
}

var (
	sha256 = Algorithms
	// Each of its runs begins so; most of these servers know virtual hosts as well.
	byPath = Fact[bool]{Value: true, Source: "the runs of make providers", Day: "2026-11-30"}
)

const (
	awsDocs = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"
	r2Docs  = "https://developers.cloudflare.com/r2/objects/multipart-objects/"
)

// rows are in order of name, but for AWS, which is first. No fact stands here
// that has no source; what is missing nobody could find out. What was measured
// by `make providers` stands in measured/ instead.
var rows = []Profile{
	{
		Name: "aws", Title: "Amazon S3", Hosts: []string{"amazonaws.com", "amazonaws.com.cn"}, Calls: []string{"AmazonS3"},
		MaxParts: page(10_000, awsDocs), MinPart: page(int64(5<<20), awsDocs), EqualParts: read(false, awsDocs),
		Checksums:   read(sha256, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"),
		IfNoneMatch: read(true, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"),
		ObjectSize:  read(true, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"),
		// With SSE-KMS they are opaque; HEAD tells.
		OpaqueETags: read(false, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html"), OpaquePartETags: read(false, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html"),
		ListsChecksums: read(true, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html"),
		CORSCall:       read(true, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html"),
		AbortRule:      read(true, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortIncompleteMultipartUpload.html"),
		PathStyle:      read(true, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"),
		GoneCodes:      read([]string{"NoSuchUpload"}, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html"),
		ObjectLock:     read(true, "s3cmd#1436"),
		Tags:           read(true, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html"),
		SSE:            read(true, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html"),
		Quirks:         "a bucket with default retention takes no part without a checksum or Content-MD5 (s3cmd#1436)",
	},
	{
		Name: "b2", Title: "Backblaze B2", Hosts: []string{"backblazeb2.com"},
		MinPart:     read(int64(5<<20), "https://www.backblaze.com/docs/cloud-storage-large-files"),
		Checksums:   read([]string{"md5"}, "400 InvalidArgument to any x-amz-checksum-*: cyberduck#16107, cyberduck#15841"),
		IfNoneMatch: read(false, "every x-amz header that it does not know is 400 InvalidArgument: cyberduck#16107"),
		ObjectSize:  read(false, "every x-amz header that it does not know is 400 InvalidArgument: cyberduck#16107"),
		CORSCall:    read(true, "uppy PR#1933: s3_put in allowedOperations"),
		RefusesWith: read("400 InvalidArgument", "cyberduck#16107"), ObjectLock: read(true, "sftpgo#1336"),
		Quirks: "Object Lock needs an MD5 (sftpgo#1336)",
	},
	{
		Name: "ceph", Title: "Ceph RGW",
		PathStyle: byPath, MinPart: read(int64(5<<20), "s3-tests, test_multipart_upload_size_too_small"),
		GoneCodes: page([]string{"NoSuchKey"}, "seen with 16.2.15"),
		Quirks:    "newer releases take SHA-256 (s3-tests test_multipart_checksum_sha256); a complete has an empty ETag",
	},
	{
		Name: "coreweave", Title: "CoreWeave AI Object Storage", Hosts: []string{"cwobject.com", "cwlota.com"},
		MaxParts: page(10_000, "https://docs.coreweave.com/products/storage/object-storage/manage-quotas"),
		MinPart:  page(int64(15<<20), "https://docs.coreweave.com/products/storage/object-storage/manage-quotas"),
		Quirks:   "another page of its documentation says that parts have at least 5 MiB",
	},
	{
		Name: "digitalocean", Title: "DigitalOcean Spaces", Hosts: []string{"digitaloceanspaces.com"},
		CORSCall: read(true, "cloudreve#1871"),
		Quirks:   "encoding-type=url is not honoured (rclone)",
	},
	{
		Name: "garage", Title: "Garage",
		MinPart: read(int64(5<<20), "garage 1.2, read in its source"), Checksums: read(sha256, "garage 1.2, src/api/s3/list.rs:335"),
		IfNoneMatch: read(false, "garage 1.2: on GET and COPY only"), ObjectSize: read(false, "garage 1.2, not in its source"),
		ListsChecksums: read(true, "garage 1.2, src/api/s3/list.rs:335"), CORSCall: read(true, "garage 1.2"),
		AbortRule: read(true, "garage 1.2: with Filter, not with Prefix in the rule"), Tags: read(false, "garage 1.2"), SSE: read(false, "garage 1.2"),
	},
	{
		Name: "gcs", Title: "Google Cloud Storage", Hosts: []string{"storage.googleapis.com"}, Calls: []string{"UploadServer"},
		MaxParts: read(10_000, "https://cloud.google.com/storage/quotas"), MinPart: read(int64(5<<20), "https://cloud.google.com/storage/quotas"),
		Checksums: read([]string{"md5"}, "https://cloud.google.com/storage/docs/xml-api/put-object-multipart: Content-MD5, and CRC32C in x-goog-hash alone"),
		CORSCall:  read(false, "no PutBucketCors: https://cloud.google.com/storage/docs/xml-api/put-bucket-cors is its own"), AbortRule: read(false, "by its own lifecycle API only"),
		Quirks: "HMAC keys only; an x-id parameter and a signed accept-encoding break signatures, so the broker sends neither (rclone GCS.yaml)",
	},
	{
		Name: "hetzner", Title: "Hetzner Object Storage", Hosts: []string{"your-objectstorage.com"},
		CORSCall: read(true, "freeframe#131: by API, not in the console"),
		SSE:      page(false, "SSE-C only: https://docs.hetzner.com/storage/object-storage/supported-actions"),
		Quirks:   "buckets have no tags",
	},
	{
		Name: "minio", Title: "MinIO", Calls: []string{"MinIO"},
		PathStyle: byPath, MinPart: read(int64(5<<20), "its source, globalMinPartSize"),
		Quirks: "stale_uploads_expiry of the server, 24 h by default, ends uploads",
	},
	{
		Name: "oracle", Title: "Oracle OCI Object Storage", Hosts: []string{"oraclecloud.com", "customer-oci.com"},
		MinPart: read(int64(10<<20+1), "micronaut PR#794: more than 10 MiB, of the native API"),
		Quirks:  "a retried part may overwrite a newer one (oci-java-sdk#95)",
	},
	{Name: "ovh", Title: "OVHcloud Object Storage", Hosts: []string{"cloud.ovh.net", "io.cloud.ovh.net", "cloud.ovh.us"}},
	{
		Name: "r2", Title: "Cloudflare R2", Hosts: []string{"r2.cloudflarestorage.com"},
		MaxParts: page(10_000, r2Docs), MinPart: page(int64(5<<20), r2Docs), EqualParts: page(true, r2Docs),
		OpaqueETags: page(false, r2Docs+", of uploads since 2023-06-21"), OpaquePartETags: read(true, "s3cmd#1273, s3fs#2095"),
		Checksums: read([]string{"crc32c", "md5"}, "501 to a part with SHA-256: Cloudflare.NET PR#43, 2026-08-24; the docs list it"),
		CORSCall:  read(true, "https://developers.cloudflare.com/r2/buckets/cors/"), AbortRule: read(true, "https://developers.cloudflare.com/r2/buckets/object-lifecycles/"),
		RefusesWith: read("501 NotImplemented", "Cloudflare.NET PR#43, of a checksum; 2026-08-24"),
		Tags:        read(false, "https://developers.cloudflare.com/r2/api/s3/api/"), SSE: read(false, "https://developers.cloudflare.com/r2/api/s3/api/"),
		Quirks: "ends uploads after 7 days of its own accord; before 2023-06-21 its ETags were opaque (s3cmd#1273), and some say they are (rclone)",
	},
	{Name: "rclone", Title: "rclone serve s3", PathStyle: byPath},
	{
		Name: "rustfs", Title: "RustFS", Calls: []string{"RustFS"},
		MinPart: read(int64(5<<20), "1.0-rc"), IfNoneMatch: read(true, "1.0-rc, multipart_usecase.rs:449"), ObjectSize: read(false, "1.0-rc, not in its source"),
		AbortRule: read(true, "1.0-rc"), Quirks: "a SHA-256 in the query was 500 (rustfs#7678)",
	},
	{
		Name: "scaleway", Title: "Scaleway Object Storage", Hosts: []string{"scw.cloud"},
		MaxParts: page(1_000, "https://www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads/"),
		MinPart:  page(int64(5<<20), "https://www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads/, which says 5 MB"),
		CORSCall: read(true, "https://www.scaleway.com/en/docs/object-storage/"), AbortRule: read(true, "https://www.scaleway.com/en/docs/object-storage/"),
	},
	{
		Name: "seaweedfs", Title: "SeaweedFS", Calls: []string{"SeaweedFS"},
		PathStyle: byPath, MinPart: read(int64(5<<20), "PR#11403"),
	},
	{
		Name: "storj", Title: "Storj", Hosts: []string{"storjshare.io"},
		CORSCall: read(false, "CORS is open"), AbortRule: read(false, "https://storj.dev/dcs/api/s3/s3-compatibility"),
		Quirks: "parts under 64 MiB cost a segment each (rclone)",
	},
	{Name: "swift", Title: "OpenStack Swift s3api", PathStyle: byPath, Quirks: "**a PUT of a part that comes after the complete breaks the finished recording** (GET is 409 BrokenMPU then; run 2026-11-30); CORS and the most parts are settings of its proxy server (`max_upload_part_num`, 1,000 by default)"},
	{
		Name: "tigris", Title: "Tigris", Hosts: []string{"fly.storage.tigris.dev", "t3.storage.dev", "tigris.dev"},
		MinPart: read(int64(5<<20), "https://www.tigrisdata.com/docs/api/s3/"), CORSCall: read(true, "https://www.tigrisdata.com/docs/api/s3/"), AbortRule: read(true, "https://www.tigrisdata.com/docs/api/s3/"),
		Quirks: "parts from browsers were 403 (better-upload#41)",
	},
	{
		Name: "versitygw", Title: "versitygw", Calls: []string{"VERSITYGW"},
		PathStyle: byPath, MinPart: read(int64(5<<20), "its source, MinPartSize"),
		Quirks: "a cut PUT is stored whole with zeros (versitygw#2414); page 2 of ListMultipartUploads is InvalidArgument (versitygw#2149)",
	},
	{Name: "wasabi", Title: "Wasabi", Hosts: []string{"wasabisys.com"}, Calls: []string{"WasabiS3"}, MinPart: read(int64(5<<20), "https://docs.wasabi.com/docs/")},
}
