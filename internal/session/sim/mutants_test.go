package sim

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// make sim-mutants takes minutes; that the patches fit is seen at once.
func TestEveryMutantCanBePlanted(t *testing.T) {
	patches, err := filepath.Glob("mutants/*.patch")
	if err != nil || len(patches) < 8 {
		t.Fatalf("there are %d patches (%v)", len(patches), err)
	}
	for _, patch := range patches {
		cmd := exec.Command("git", "apply", "--check", filepath.Join("internal/session/sim", patch))
		cmd.Dir = "../../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", patch, err, out)
		}
	}
}
