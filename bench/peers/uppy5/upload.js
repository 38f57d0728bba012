// Uppy 5 as it ships, signed for by a Companion.
import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';

/**
 * @param {Blob} data
 * @param {{companion: string}} how
 */
export async function upload(data, { companion }) {
  const uppy = new Uppy().use(AwsS3, { endpoint: companion });
  uppy.addFile({ name: 'recording.webm', type: 'video/webm', data });
  const { failed } = await uppy.upload();
  if (failed.length > 0) throw new Error(failed[0].error);
}
