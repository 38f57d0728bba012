// The least that signs a part with the AWS SDK.
import { S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { bucket, credentials, endpoint, region } from './s3.js';

// By default the SDK bakes the checksum of an empty body into the URL.
const client = new S3Client({ region, endpoint, credentials, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });

/**
 * @param {string} key
 * @param {string} uploadId
 * @param {string} partNumber
 */
export const sign = (key, uploadId, partNumber) =>
  getSignedUrl(client, new UploadPartCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: Number(partNumber) }), { expiresIn: 900 });
