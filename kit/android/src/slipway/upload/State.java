package slipway.upload;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.UUID;

/** All that it takes to go on, in a file of the app's own: it holds the session token, which is a secret. */
final class State {
  private final File file;
  private final Properties kept = new Properties();

  private State(File file) { this.file = file; }

  /** What is left of an upload of this source, or the beginning of one. @throws UploadException if it is of another source */
  static State load(File file, File source, String broker) throws IOException, UploadException {
    State state = new State(file);
    if (file.exists()) {
      try (InputStream in = new FileInputStream(file)) { state.kept.load(in); }
    }
    String mark = source.length() + " " + source.lastModified() + " " + broker;
    if (state.get("source").isEmpty()) {
      state.put("key", UUID.randomUUID().toString());
      state.put("source", mark);
      state.save();
    }
    if (!state.get("source").equals(mark)) throw new UploadException("invalid", "state", "the state is of another file, or of another broker");
    return state;
  }

  synchronized String get(String name) { return kept.getProperty(name, ""); }

  long number(String name) { return Long.parseLong(get(name)); }

  synchronized void put(String name, String value) { kept.setProperty(name, value); }

  /** Writes a file beside it first, so that a kill leaves the one or the other. */
  synchronized void save() throws IOException {
    File next = new File(file.getPath() + ".new");
    try (FileOutputStream out = new FileOutputStream(next)) {
      kept.store(out, null);
      out.getFD().sync();
    }
    if (!next.renameTo(file)) throw new IOException("the state cannot be written to " + file);
  }

  void remove() throws IOException {
    if (!file.delete()) throw new IOException("the state cannot be removed: " + file);
  }
}
