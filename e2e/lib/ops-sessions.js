/**
 * Sessions for the operators' page to see, each with a recorder that moves when it is told to; and uploads that no
 * session has.
 */

import { createHash, randomBytes } from 'node:crypto';
import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { ApiUpload } from './api.js';

const MEGA = 1_000_000;

export class OpsSession {
  /** @param {import('./broker-dev.js').BrokerDev} broker @param {any} opened @param {Buffer} bytes */
  constructor(broker, opened, bytes) {
    this.id = opened.id;
    this.upload = new ApiUpload(broker, opened, bytes);
  }

  /**
   * @param {import('./broker-dev.js').BrokerDev} broker
   * @param {{name?: string, owner?: string, bytes?: number}} [how] a recording of 6 MB, in two parts, unless said otherwise
   */
  static async open(broker, { name, owner = 'ann', bytes = 6 * MEGA } = {}) {
    const body = { content_type: 'video/webm', owner, name };
    return new OpsSession(broker, await broker.call('POST', '/v1/sessions', { body }), Buffer.alloc(bytes, 7));
  }
}

/** A key of one's own, as `broker keys new` makes it, and its line for BROKER_API_KEYS. @param {string} scopes */
export function makeKey(scopes) {
  const key = `sk_${randomBytes(24).toString('base64url')}`;
  return { key, setting: `e2e:${scopes}:${createHash('sha256').update(key).digest('hex')}` };
}

/**
 * Makes uploads that no session has, past the broker.
 *
 * @param {import('./broker-dev.js').Ready} ready
 * @param {{key: string, bytes?: number}[]} uploads
 */
export async function makeOrphans({ s3_endpoint: endpoint, bucket, region, access_key: accessKeyId, secret_key: secretAccessKey }, uploads) {
  const s3 = new S3Client({
    endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED', // uploads without checksums, as the broker's own are unless asked
  });
  try {
    for (const { key, bytes = 0 } of uploads) {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
      if (bytes > 0) await s3.send(new UploadPartCommand({ Bucket: bucket, Key: key, UploadId, PartNumber: 1, Body: Buffer.alloc(bytes, 7) }));
    }
  } finally {
    s3.destroy();
  }
}
