package doctor

import (
	"fmt"
	"time"
)

// How far the clocks may be apart. The broker's clock dates URLs and S3's
// clock judges them. So the shortest URLs, of 10 s, suffer first. S3 itself
// refuses requests that are 15 minutes off.
const (
	skewToWarn = 5 * time.Second
	skewToFail = time.Minute
)

// judgeClock compares a server's clock with ours. The server rounds to coarse.
func judgeClock(theirs, before, after time.Time, coarse time.Duration) verdict {
	ahead := time.Duration(0)
	switch {
	case theirs.After(after):
		ahead = theirs.Sub(after)
	case theirs.Add(coarse).Before(before):
		ahead = theirs.Add(coarse).Sub(before)
	}
	const mend = "timedatectl set-ntp true  # on this machine, or on the server's, whichever is wrong"
	switch off := ahead.Abs(); {
	case off > skewToFail:
		return fail(mend, "%s", apart(ahead))
	case off > skewToWarn:
		return warn(mend, "%s", apart(ahead))
	}
	return good("%s", apart(ahead))
}

func apart(ahead time.Duration) string {
	switch ahead = ahead.Round(time.Millisecond); {
	case ahead > 0:
		return fmt.Sprintf("%s ahead of this machine", ahead)
	case ahead < 0:
		return fmt.Sprintf("%s behind this machine", -ahead)
	}
	return "the same as this machine's, as far as doctor can tell"
}
