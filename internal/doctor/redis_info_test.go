package doctor

import "testing"

func TestVersionsOfRedis(t *testing.T) {
	for _, c := range []struct {
		info map[string]string
		want Status
	}{
		{map[string]string{"redis_version": "6.2.14"}, Fail},
		{map[string]string{"redis_version": "7.0.0"}, OK},
		{map[string]string{"redis_version": "10.1.0"}, OK},
		{map[string]string{"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "8.1.0"}, OK},
		{map[string]string{"redis_version": "unstable"}, Fail},
		{map[string]string{}, Skipped},
	} {
		n := node{info: c.info}
		if got := n.version(); got.status != c.want {
			t.Errorf("%v is %+v, want %s", c.info, got, c.want)
		}
	}
}
