package memstore

// Forget drops everything, as a Redis does that is flushed. Tests use it.
func (st *Store) Forget() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.dropped += len(st.events)
	st.records, st.events, st.notices = nil, nil, nil
	st.days, st.bySession, st.byOwner = nil, nil, nil
}
