/**
 * A file by the recorder's own way, with what it ships.
 */

import { uploadFile } from '../../../web/recorder.js';

/** @param {File} file @param {{broker: string, grant: string}} where */
export async function upload(file, { broker, grant }) {
  await uploadFile(file, { broker, grant });
}
