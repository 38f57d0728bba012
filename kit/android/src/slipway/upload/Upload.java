package slipway.upload;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Uploads a file straight to S3 with URLs that a Slipway broker signs. Killed, and run again with the same state file, it sends what S3 does not
 * have. If it never runs again after the last part, the broker completes the upload by itself.
 */
public final class Upload {
  private static final int PARALLEL = 3;
  private static final int TRIES = 5;
  private static final int ROUNDS = 5;

  /** Asks your back end for a grant. */
  public interface Grant { String get() throws IOException; }

  /** Is told how many bytes S3 has. Calls come from several threads. */
  public interface Progress { void bytes(long inS3); }

  /** What became of the file. */
  public static final class Uploaded {
    public final String id;
    public final String watchUrl;

    Uploaded(String id, String watchUrl) {
      this.id = id;
      this.watchUrl = watchUrl;
    }
  }

  private final String broker;
  private final Grant grant;
  private final File file;
  private final State state;
  private final Progress progress;
  /** What S3 has, as the claim names it. */
  private final Map<Integer, Map<String, Object>> there = Collections.synchronizedMap(new TreeMap<>());

  private Upload(String broker, Grant grant, File file, State state, Progress progress) {
    this.broker = broker;
    this.grant = grant;
    this.file = file;
    this.state = state;
    this.progress = progress;
  }

  /**
   * Uploads a file, or goes on with an upload that was cut short.
   *
   * @param broker its URL, such as {@code https://broker.example.com}
   * @param file what to upload; it must not change meanwhile
   * @param contentType such as {@code video/mp4}
   * @param name what people call it, or null
   * @param stateFile in a folder of the app's own; it is gone when all is done
   * @throws IOException if nobody answers for too long: run it again later with the same state file
   * @throws UploadException if it is refused
   */
  public static Uploaded run(String broker, Grant grant, File file, String contentType, String name, File stateFile, Progress progress)
      throws IOException, UploadException, InterruptedException {
    State state = State.load(stateFile, file, broker);
    Upload upload = new Upload(broker, grant, file, state, progress);
    boolean completed = state.get("id").isEmpty() ? upload.open(contentType, name) : upload.look();
    for (int round = 1; !completed; round++) completed = upload.sendMissing() || upload.complete(round);
    state.remove();
    return new Uploaded(state.get("id"), state.get("watchUrl"));
  }

  /** Returns whether the upload is completed already. */
  private boolean open(String contentType, String name) throws IOException, UploadException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("content_type", contentType);
    body.put("name", name);
    body.put("size", file.length());
    body.put("checksum", "sha256");
    body.put("finish", "when-whole");
    Map<String, Object> opened = Wire.call("POST", broker + "/v1/sessions", grant.get(), state.get("key"), body).json;
    state.put("id", Json.string(opened.get("id")));
    state.put("token", Json.string(opened.get("token")));
    state.put("watchUrl", Json.string(opened.get("watch_url")));
    state.put("checksum", Json.string(opened.get("checksum")));
    state.put("partSize", String.valueOf(Json.number(opened.get("part_size"))));
    state.save();
    return !Json.string(opened.get("state")).equals("open") && look(); // an open that is repeated finds what became of the first
  }

  /** Learns what S3 has, and returns whether the upload is completed. */
  private boolean look() throws IOException, UploadException, InterruptedException {
    Map<String, Object> seen = ask("GET", "", null).json;
    String now = Json.string(seen.get("state"));
    if (now.equals("completed") && Json.number(seen.get("size")) == file.length()) return true;
    if (!now.equals("open") && !now.equals("completing")) throw new UploadException("conflict", now, "the session is " + now);
    there.clear();
    for (int n = 1; n <= count() && now.equals("completing"); n++) there.put(n, part(n)); // S3 had it all, and may not list it any more
    for (Map<String, Object> part : Json.objects(seen.get("parts"))) {
      int number = (int) Json.number(part.get("number"));
      if (number <= count() && isOurs(number, part)) there.put(number, part);
    }
    tellProgress();
    return false;
  }

  /** Whether S3's part is the file's own: by its SHA-256, or else by the ETag that its PUT was answered with. */
  private boolean isOurs(int number, Map<String, Object> part) throws IOException {
    if (Json.number(part.get("size")) != size(number)) return false;
    String checksum = Json.string(part.get("checksum"));
    if (!checksum.isEmpty()) return checksum.equals(sha256(number));
    String etag = bare(part.get("etag"));
    return !etag.isEmpty() && etag.equals(bare(state.get("etag." + number)));
  }

  private static String bare(Object etag) { return Json.string(etag).replace("\"", ""); }

  /** Returns whether the upload is completed meanwhile. */
  private boolean sendMissing() throws IOException, UploadException, InterruptedException {
    ExecutorService lanes = Executors.newFixedThreadPool(PARALLEL);
    try {
      List<Future<Void>> sent = new ArrayList<>();
      for (int n = 1; n <= count(); n++) {
        int number = n;
        if (!there.containsKey(number)) sent.add(lanes.submit((Callable<Void>) () -> { send(number); return null; }));
      }
      for (Future<Void> part : sent) part.get();
      return false;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (isCompleted(cause)) return look(); // a part had come, though nobody was told, and the broker completes what is whole
      if (cause instanceof IOException) throw (IOException) cause;
      if (cause instanceof UploadException) throw (UploadException) cause;
      if (cause instanceof InterruptedException) throw (InterruptedException) cause;
      throw new IllegalStateException(cause);
    } finally {
      lanes.shutdownNow();
    }
  }

  private static boolean isCompleted(Throwable cause) {
    String reason = cause instanceof UploadException ? ((UploadException) cause).reason() : "";
    return reason.equals("completing") || reason.equals("completed");
  }

  /** Brings one part to S3: with a new URL at each try, because one may have ended. */
  private void send(int number) throws IOException, UploadException, InterruptedException {
    Map<String, Object> part = part(number);
    for (int failures = 1; ; failures++) {
      Map<String, Object> signed = Json.objects(ask("POST", "/parts", Collections.singletonMap("sign", Collections.singletonList(part))).json.get("urls")).get(0);
      int status = 0;
      try {
        Wire.Answer answer = Wire.put(Json.string(signed.get("url")), Json.asMap(signed.get("headers")), file, from(number), size(number));
        status = answer.status;
        if (status == 200) {
          if (!answer.etag.isEmpty()) part.put("etag", answer.etag);
          state.put("etag." + number, answer.etag);
          state.save();
          there.put(number, part);
          tellProgress();
          return;
        }
      } catch (IOException e) { // S3 did not answer
      }
      if (failures == TRIES) throw new IOException("S3 does not take part " + number + ": " + (status == 0 ? "no answer" : "status " + status));
      Thread.sleep(Wire.backoff(failures));
    }
  }

  /** A part as the file has it, without S3's ETag. */
  private Map<String, Object> part(int number) throws IOException {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("number", number);
    part.put("size", size(number));
    if (state.get("checksum").equals("sha256")) part.put("checksum", sha256(number));
    return part;
  }

  /** Claims the whole file. Returns false if S3 has a part otherwise: {@link #there} then lacks what to send again. */
  private boolean complete(int round) throws IOException, UploadException, InterruptedException {
    Map<String, Object> claim = new LinkedHashMap<>();
    claim.put("parts", new ArrayList<>(there.values()));
    claim.put("size", file.length());
    try {
      for (;;) {
        Wire.Answer answer = ask("POST", "/complete", claim);
        if (answer.status == 200) return true;
        Thread.sleep(Math.max(500, Json.number(answer.json.get("retry_after_ms")))); // S3 puts it together
      }
    } catch (UploadException e) {
      if (!e.reason().equals("parts-differ") || round == ROUNDS) throw e;
      Thread.sleep(Wire.backoff(round));
      return look();
    }
  }

  /** A call of this session. A token that has ended is exchanged for a new one. */
  private Wire.Answer ask(String method, String path, Map<String, Object> body) throws IOException, UploadException, InterruptedException {
    String at = broker + "/v1/sessions/" + state.get("id");
    try {
      return keep(Wire.call(method, at + path, state.get("token"), null, body));
    } catch (UploadException e) {
      if (!e.reason().equals("token-expired")) throw e;
      keep(Wire.call("POST", at + "/token", grant.get(), null, Collections.singletonMap("token", state.get("token"))));
      return keep(Wire.call(method, at + path, state.get("token"), null, body));
    }
  }

  private Wire.Answer keep(Wire.Answer answer) throws IOException {
    String token = Json.string(answer.json.get("token"));
    if (!token.isEmpty()) {
      state.put("token", token);
      state.save();
    }
    return answer;
  }

  private int count() { return (int) ((file.length() + state.number("partSize") - 1) / state.number("partSize")); }

  private long from(int number) { return (number - 1) * state.number("partSize"); }

  private long size(int number) { return Math.min(state.number("partSize"), file.length() - from(number)); }

  private String sha256(int number) throws IOException {
    try (InputStream in = new FileInputStream(file)) {
      for (long left = from(number); left > 0; ) {
        long skipped = in.skip(left);
        if (skipped <= 0) throw new IOException("the file is shorter than it was");
        left -= skipped;
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] piece = new byte[64 * 1024];
      for (long left = size(number); left > 0; ) {
        int n = in.read(piece, 0, (int) Math.min(piece.length, left));
        if (n < 0) throw new IOException("the file is shorter than it was");
        digest.update(piece, 0, n);
        left -= n;
      }
      return Base64.getEncoder().encodeToString(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java and every Android has it
    }
  }

  private void tellProgress() {
    if (progress == null) return;
    long bytes = 0;
    synchronized (there) {
      for (int number : there.keySet()) bytes += size(number);
    }
    progress.bytes(bytes);
  }
}
