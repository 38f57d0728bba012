import java.io.File;
import slipway.upload.Upload;
import slipway.upload.UploadException;

/** An app that uploads a file with kit/android, to be killed by a test: BROKER GRANT FILE STATE DIE. It ends at once when S3 has DIE bytes. */
public final class KitAndroidApp {
  public static void main(String[] args) throws Exception {
    long die = Long.parseLong(args[4]);
    try {
      Upload.Uploaded done = Upload.run(args[0], () -> args[1], new File(args[2]), "video/mp4", "Ferien \"24\" \u00e4", new File(args[3]), (inS3) -> {
        if (inS3 >= die) Runtime.getRuntime().halt(9);
      });
      System.out.println("DONE " + done.id + " " + done.watchUrl.replaceAll("#.*", ""));
    } catch (UploadException e) {
      System.out.println("REFUSED " + e.code() + " " + e.reason() + ": " + e.getMessage());
    }
  }
}
