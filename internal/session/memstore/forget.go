package memstore

// Forget drops every record, as a Redis does that is flushed. Tests use it.
func (st *Store) Forget() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.records = nil
}
