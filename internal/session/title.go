package session

import "context"

// titleExt is of the file with the title that a recording was given later, in its
// plain text. S3 takes no other metadata once an object is there, but for a copy
// of it all. So the name that it was opened with stays what it was.
const titleExt = ".txt"

// SetTitle changes what people call a recording, which may still be on its way.
// Of two at once, the later one counts. It can be repeated.
//
// Errors: Invalid if the title is empty or not what a name may be; Limited if the
// owner asks for too much; NotFound if there is no such recording and there will
// be none; Unavailable.
func (b *Broker) SetTitle(ctx context.Context, ref Ref, title string) error {
	if title == "" {
		return invalid("title", ReasonMissing, "title is missing; it has 1 to %d bytes", MaxNameBytes)
	}
	if err := checkText("title", title, MaxNameBytes); err != nil {
		return err
	}
	s, err := b.toBeWatched(ctx, ref)
	if err != nil {
		return err
	}
	if err := b.Bucket.SetNote(ctx, b.keyBeside(s.ID, titleExt), title); err != nil {
		return err
	}
	// Somebody may have deleted it meanwhile, and then nothing else would take the
	// title away. Where the Store does not answer, nobody can say.
	s, err = b.Store.Get(ctx, s.ID)
	if err != nil || s.watchable() {
		return nil
	}
	if err := b.dropBeside(ctx, s.ID); err != nil {
		return err
	}
	return neverThere(s)
}

// title is what people call the recording: what it was called last, or the name
// that it was opened with; empty if nobody named it.
func (f beside) title(ctx context.Context, name string) string {
	if !f.has(titleExt) {
		return name
	}
	title, err := f.broker.Bucket.Note(ctx, f.broker.keyBeside(f.id, titleExt))
	if err != nil || checkText("title", title, MaxNameBytes) != nil {
		return name // what stands there is not ours
	}
	return title
}
