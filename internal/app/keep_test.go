package app_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestHowS3KeepsRecordings(t *testing.T) {
	tags := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("tag%d=%d", i, i))
		}
		return strings.Join(all, ",")
	}
	for _, c := range []struct {
		name, variable, value string
		want                  string // the mistake; empty: none
	}{
		{"S3's own keys", "BROKER_S3_SSE", "AES256", ""},
		{"KMS", "BROKER_S3_SSE", "aws:kms", ""},
		{"KMS twice", "BROKER_S3_SSE", "aws:kms:dsse", ""},
		{"what the bucket does", "BROKER_S3_SSE", "none", ""},
		{"no mode", "BROKER_S3_SSE", "", `BROKER_S3_SSE: "" is not none, AES256, aws:kms or aws:kms:dsse`},
		{"a mode that is not for uploads", "BROKER_S3_SSE", "aws:fsx", `BROKER_S3_SSE: "aws:fsx" is not none, AES256, aws:kms or aws:kms:dsse`},
		{"a key without KMS", "BROKER_S3_KMS_KEY", "alias/a", "BROKER_S3_KMS_KEY: has an effect only with aws:kms and aws:kms:dsse, and BROKER_S3_SSE is none"},
		{"a class", "BROKER_S3_STORAGE_CLASS", "STANDARD_IA", ""},
		{"another server's class", "BROKER_S3_STORAGE_CLASS", "FAST_2", ""},
		{"a class that plays at once", "BROKER_S3_STORAGE_CLASS", "GLACIER_IR", ""},
		{"a class that does not", "BROKER_S3_STORAGE_CLASS", "GLACIER", "BROKER_S3_STORAGE_CLASS: a recording in GLACIER does not play before it is restored; let a lifecycle rule move it there"},
		{"one that does even less", "BROKER_S3_STORAGE_CLASS", "DEEP_ARCHIVE", "BROKER_S3_STORAGE_CLASS: a recording in DEEP_ARCHIVE does not play before it is restored; let a lifecycle rule move it there"},
		{"9 tags", "BROKER_S3_TAGS", tags(9), ""},
		{"10 tags", "BROKER_S3_TAGS", tags(10), ""},
		{"11 tags", "BROKER_S3_TAGS", tags(11), "BROKER_S3_TAGS: S3 takes at most 10 tags, and these are 11"},
		{"all kinds of characters", "BROKER_S3_TAGS", "ä1 +-._:/@=日本=٣", ""},
		{"no value", "BROKER_S3_TAGS", "a=", ""},
		{"no name", "BROKER_S3_TAGS", "=a", `BROKER_S3_TAGS: "=a": is not NAME=VALUE`},
		{"a character too many", "BROKER_S3_TAGS", "a=b&c", `BROKER_S3_TAGS: "a=b&c": a tag takes letters, digits, spaces and + - = . _ : / @`},
		{"no UTF-8", "BROKER_S3_TAGS", "a=\xff", `BROKER_S3_TAGS: "a=�": a tag takes letters, digits, spaces and + - = . _ : / @`},
		{"Amazon's own", "BROKER_S3_TAGS", "AWS:a=b", `BROKER_S3_TAGS: "AWS:a=b": names that begin with aws: are Amazon's own`},
		{"a name of 127 characters", "BROKER_S3_TAGS", strings.Repeat("ü", 127) + "=a", ""},
		{"a name of 128 characters", "BROKER_S3_TAGS", strings.Repeat("ü", 128) + "=a", ""},
		{"a name of 129 characters", "BROKER_S3_TAGS", strings.Repeat("u", 129) + "=a", `BROKER_S3_TAGS: "` + strings.Repeat("u", 129) + `=a": a tag's name takes up to 128 characters`},
		{"a value of 255 characters", "BROKER_S3_TAGS", "a=" + strings.Repeat("ü", 255), ""},
		{"a value of 256 characters", "BROKER_S3_TAGS", "a=" + strings.Repeat("ü", 256), ""},
		{"a value of 257 characters", "BROKER_S3_TAGS", "a=" + strings.Repeat("u", 257), `BROKER_S3_TAGS: "a=` + strings.Repeat("u", 257) + `": a tag's value takes up to 256 characters`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := enough().with(c.variable, c.value).resolve(t)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAKMSKeyGoesWithKMS(t *testing.T) {
	for _, mode := range []string{"aws:kms", "aws:kms:dsse"} {
		for _, key := range []string{"1234abcd-12ab-34cd-56ef-1234567890ab", "alias/recordings", "arn:aws:kms:eu-central-1:111122223333:alias/recordings"} {
			if _, err := enough().with("BROKER_S3_SSE", mode).with("BROKER_S3_KMS_KEY", key).resolve(t); err != nil {
				t.Errorf("%s with %s: %v", mode, key, err)
			}
		}
	}
}
