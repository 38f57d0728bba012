package upload

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/go-json-experiment/json"

	"slipway/internal/session"
)

// state is all that is needed to go on with an upload.
type state struct {
	Version  int                       `json:"version"`
	Broker   string                    `json:"broker"`
	Key      string                    `json:"key"`  // the Idempotency-Key, to repeat an open that was not answered
	Size     int64                     `json:"size"` // bytes
	Modified time.Time                 `json:"modified"`
	ID       session.ID                `json:"id,omitzero"` // "" until the session is open
	Token    string                    `json:"token,omitzero"`
	PartSize int64                     `json:"part_size,omitzero"`
	Checksum session.ChecksumAlgorithm `json:"checksum,omitzero"`
	WatchURL string                    `json:"watch_url,omitzero"`
}

const stateVersion = 1

// kept is a state in its file. The file holds a token, so only its user can
// read it.
type kept struct {
	path  string
	state state
}

// load reads what an earlier upload of this file left, or begins a new one.
func load(path, broker string, info fs.FileInfo, anew bool) (*kept, error) {
	k := &kept{path: path + ".upload"}
	text, err := os.ReadFile(k.path)
	switch {
	case anew || errors.Is(err, fs.ErrNotExist):
		k.state = state{Version: stateVersion, Broker: broker, Key: rand.Text(), Size: info.Size(), Modified: info.ModTime().UTC()}
		return k, k.save()
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &k.state); err != nil || k.state.Version != stateVersion {
		return nil, fmt.Errorf("%s is not what an upload leaves behind; --anew replaces it", k.path)
	}
	if k.state.ID == "" && !k.state.isOf(broker, info) { // nothing was opened, so nothing is lost
		return load(path, broker, info, true)
	}
	if k.state.Broker != broker {
		return nil, fmt.Errorf("%s belongs to an upload through the broker %s; --anew replaces it", k.path, k.state.Broker)
	}
	if !k.state.isOf(broker, info) {
		return nil, fmt.Errorf("%w (%s tells of one of %d bytes, of %s); --anew uploads it as it is now",
			ErrChanged, k.path, k.state.Size, k.state.Modified.Format(time.RFC3339))
	}
	return k, nil
}

// isOf says whether the state belongs to an upload of this file through
// broker.
func (s *state) isOf(broker string, info fs.FileInfo) bool {
	return s.Broker == broker && s.Size == info.Size() && s.Modified.Equal(info.ModTime())
}

// save writes the state to a new file first, so that after a crash there is
// either the old state or the new one.
func (k *kept) save() error {
	text, err := json.Marshal(k.state)
	if err != nil {
		return err
	}
	next, err := os.OpenFile(k.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = next.Write(text)
	if err := errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), k.path)
}

func (k *kept) remove() error { return os.Remove(k.path) }
