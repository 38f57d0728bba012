/**
 * The bucket, asked directly: what S3 itself says, past the broker.
 */

import { createHash } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, ListPartsCommand, S3Client } from '@aws-sdk/client-s3';

// Node 20 is the oldest we test with; that the SDK's next year needs 22 is no news in every run.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

export class Bucket {
  #s3;
  #name;

  /** @param {import('./broker-dev.js').Ready} ready */
  constructor({ s3_endpoint, bucket, region, access_key, secret_key }) {
    this.#name = bucket;
    this.#s3 = new S3Client({
      endpoint: s3_endpoint, region, forcePathStyle: true, maxAttempts: 3,
      credentials: { accessKeyId: access_key, secretAccessKey: secret_key },
    });
  }

  /**
   * The multipart upload of a session.
   *
   * @param {string} id the session's; it stands in the key
   * @returns {Promise<{key: string, uploadId: string} | undefined>}
   */
  async uploadOf(id) {
    const uploads = await this.uploads();
    return uploads.find(({ key }) => key.includes(id));
  }

  /** All multipart uploads that are open. */
  async uploads() {
    const answer = await this.#s3.send(new ListMultipartUploadsCommand({ Bucket: this.#name }));
    return (answer.Uploads ?? []).map(({ Key, UploadId }) => ({ key: Key, uploadId: UploadId }));
  }

  /**
   * @param {{key: string, uploadId: string}} upload
   * @returns {Promise<{number: number, size: number}[]>}
   * @throws with the name NoSuchUpload
   */
  async parts({ key, uploadId }) {
    const answer = await this.#s3.send(new ListPartsCommand({ Bucket: this.#name, Key: key, UploadId: uploadId }));
    return (answer.Parts ?? []).map(({ PartNumber, Size }) => ({ number: PartNumber, size: Size }));
  }

  /** The keys of all objects, of a thousand at most. @returns {Promise<string[]>} */
  async keys() {
    const answer = await this.#s3.send(new ListObjectsV2Command({ Bucket: this.#name }));
    return (answer.Contents ?? []).map(({ Key }) => Key);
  }

  /** What an object holds. @param {string} key @returns {Promise<{size: number, sha256: string}>} sha256: in hex */
  async digest(key) {
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.#name, Key: key }));
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of Body) {
      size += piece.length;
      hash.update(piece);
    }
    return { size, sha256: hash.digest('hex') };
  }

  /** @param {string} key */
  async remove(key) { await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#name, Key: key })); }

  close() { this.#s3.destroy(); }
}
