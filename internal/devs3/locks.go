package devs3

import "sync"

// upload names one multipart upload.
type upload struct{ bucket, key, id string }

// locks holds one read-write lock for each upload that a request uses. The
// zero value is ready to use.
type locks struct {
	mu sync.Mutex // guards m and every users
	m  map[upload]*uploadLock
}

type uploadLock struct {
	sync.RWMutex
	users int // holding it or waiting for it
}

// share waits until nobody owns the upload, and returns the function that
// gives it back.
func (l *locks) share(up upload) (unlock func()) {
	lock := l.join(up)
	lock.RLock()
	return func() {
		lock.RUnlock()
		l.leave(up, lock)
	}
}

// own waits until nobody else has the upload, and returns the function that
// gives it back.
func (l *locks) own(up upload) (unlock func()) {
	lock := l.join(up)
	lock.Lock()
	return func() {
		lock.Unlock()
		l.leave(up, lock)
	}
}

func (l *locks) join(up upload) *uploadLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.m[up]
	if lock == nil {
		lock = new(uploadLock)
		if l.m == nil {
			l.m = make(map[upload]*uploadLock)
		}
		l.m[up] = lock
	}
	lock.users++
	return lock
}

func (l *locks) leave(up upload, lock *uploadLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lock.users--; lock.users == 0 {
		delete(l.m, up)
	}
}
