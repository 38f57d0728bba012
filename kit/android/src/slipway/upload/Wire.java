package slipway.upload;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** Calls of the broker, and PUTs to S3. No URL gets into a message: a part's URL is a secret. */
final class Wire {
  private static final int TRIES = 5;
  private static final int CONNECT_MS = 20_000;
  private static final int ANSWER_MS = 90_000; // a complete may take the broker a minute
  private static final long LONGEST_WAIT_MS = 8_000;

  private Wire() {}

  /** An answer: its status, and what it says. */
  static final class Answer {
    final int status;
    final String etag;
    final Map<String, Object> json;

    Answer(int status, String etag, Map<String, Object> json) {
      this.status = status;
      this.etag = etag;
      this.json = json;
    }
  }

  /**
   * A call of the broker, made again while nobody answers or the answer is to try again later.
   *
   * @throws IOException if that goes on for too long
   * @throws UploadException if it is refused
   */
  static Answer call(String method, String url, String bearer, String key, Map<String, Object> body) throws IOException, UploadException, InterruptedException {
    for (int failures = 1; ; failures++) {
      Answer answer = null;
      try {
        answer = callOnce(method, url, bearer, key, body);
      } catch (IOException e) {
        if (failures == TRIES) throw new IOException("the broker does not answer: " + e.getClass().getSimpleName());
      }
      if (answer != null && answer.status < 300) return answer;
      if (answer != null && answer.status != 429 && answer.status < 500) throw refusal(answer);
      if (failures == TRIES) throw new IOException("the broker answers " + answer.status);
      Thread.sleep(Math.max(backoff(failures), answer == null ? 0 : Json.number(answer.json.get("retry_after_ms"))));
    }
  }

  private static UploadException refusal(Answer answer) {
    String code = Json.string(answer.json.get("code"));
    return new UploadException(code.isEmpty() ? "http-" + answer.status : code, Json.string(answer.json.get("reason")), Json.string(answer.json.get("detail")));
  }

  private static Answer callOnce(String method, String url, String bearer, String key, Map<String, Object> body) throws IOException {
    HttpURLConnection http = open(method, url);
    http.setRequestProperty("Authorization", "Bearer " + bearer);
    if (key != null) http.setRequestProperty("Idempotency-Key", key);
    if (body != null) {
      byte[] bytes = Json.write(body).getBytes(StandardCharsets.UTF_8);
      http.setRequestProperty("Content-Type", "application/json");
      http.setDoOutput(true);
      http.setFixedLengthStreamingMode(bytes.length);
      try (OutputStream out = http.getOutputStream()) { out.write(bytes); }
    }
    int status = http.getResponseCode();
    String text = read(http, status);
    try {
      return new Answer(status, "", text.isEmpty() ? Collections.emptyMap() : Json.object(text));
    } catch (IllegalArgumentException e) { // a proxy's page, or half an answer
      if (status < 300) throw new IOException("an answer that is no JSON");
      return new Answer(status, "", Collections.emptyMap());
    }
  }

  /** PUTs a range of a file to a part's URL, with the headers that were signed. */
  static Answer put(String url, Map<String, Object> headers, File file, long from, long size) throws IOException {
    HttpURLConnection http = open("PUT", url);
    headers.forEach((name, value) -> { if (!name.equalsIgnoreCase("content-length")) http.setRequestProperty(name, (String) value); });
    http.setDoOutput(true);
    http.setFixedLengthStreamingMode(size);
    try (RandomAccessFile in = new RandomAccessFile(file, "r"); OutputStream out = http.getOutputStream()) {
      in.seek(from);
      byte[] piece = new byte[64 * 1024];
      for (long left = size; left > 0; ) {
        int n = in.read(piece, 0, (int) Math.min(piece.length, left));
        if (n < 0) throw new IOException("the file is shorter than it was");
        out.write(piece, 0, n);
        left -= n;
      }
    }
    int status = http.getResponseCode();
    read(http, status); // so that the connection can be used again
    String etag = http.getHeaderField("ETag");
    return new Answer(status, etag == null ? "" : etag, Collections.emptyMap());
  }

  private static HttpURLConnection open(String method, String url) throws IOException {
    HttpURLConnection http = (HttpURLConnection) new URL(url).openConnection();
    http.setRequestMethod(method);
    http.setInstanceFollowRedirects(false); // a redirect would take the token to where nobody said it may go
    http.setConnectTimeout(CONNECT_MS);
    http.setReadTimeout(ANSWER_MS);
    return http;
  }

  private static String read(HttpURLConnection http, int status) throws IOException {
    try (InputStream in = status < 400 ? http.getInputStream() : http.getErrorStream()) {
      if (in == null) return "";
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] piece = new byte[16 * 1024];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) out.write(piece, 0, n);
      return out.toString("UTF-8");
    }
  }

  /** Anything up to half a second, and up to twice as long after each further failure. */
  static long backoff(int failures) {
    return ThreadLocalRandom.current().nextLong(Math.min(LONGEST_WAIT_MS, 500L << failures));
  }
}
