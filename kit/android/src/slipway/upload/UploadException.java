package slipway.upload;

/** The broker, or S3, has refused. To send the same again would not help. */
public final class UploadException extends Exception {
  private static final long serialVersionUID = 1;

  private final String code;
  private final String reason;

  UploadException(String code, String reason, String detail) {
    super(detail);
    this.code = code;
    this.reason = reason;
  }

  /** What you can do next, one of the broker's codes: {@code conflict} and {@code not-found} mean that the session has ended otherwise. */
  public String code() { return code; }

  /** What exactly, or an empty string. */
  public String reason() { return reason; }
}
