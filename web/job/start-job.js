/**
 * Starts the Worker's job: for data that is recorded, for a file, or for an interrupted recording.
 */

import { MemoryFolder } from '../disk/memory-folder.js';
import { RecordingFiles } from '../disk/recording-files.js';
import { isFull, SpillingFolder } from '../disk/spilling-folder.js';
import { RecorderError } from '../base/errors.js';
import { FileBytes } from '../bytes/file-bytes.js';
import { RecordedBytes } from '../bytes/recorded-bytes.js';
import { Job } from './job.js';

/**
 * @typedef {Omit<ConstructorParameters<typeof Job>[0], 'job' | 'bytes'>} JobNeeds
 * @typedef {{upload: Job, recorded?: RecordedBytes}} Started recorded: where data comes in
 */

/**
 * @param {import('../base/messages.js').JobOrder} job
 * @param {Blob} file
 * @param {JobNeeds} needs
 * @returns {Started}
 */
export function sendFile(job, file, needs) {
  const upload = new Job({ job, bytes: new FileBytes(file), ...needs });
  void upload.run();
  return { upload };
}

/**
 * @param {import('../base/messages.js').JobOrder} job
 * @param {import('../disk/folder.js').Folder} folder an empty one; where it takes nothing the recording is kept in memory
 * @param {JobNeeds} needs
 * @param {number} [fileBytes]
 * @returns {Promise<Started>}
 */
export async function startRecording(job, folder, needs, fileBytes) {
  try {
    const started = await startIn(folder, job, needs, fileBytes);
    if (!folder.durable) tellNotDurable(needs, 'this browser lets us keep nothing on this device', 'denied');
    return started;
  } catch (error) {
    await folder.destroy().catch(() => {});
    const started = await startIn(new MemoryFolder(), job, needs, fileBytes);
    tellSpilled(needs, error);
    return started;
  }
}

/**
 * @param {import('../disk/folder.js').Folder} folder
 * @param {import('../base/messages.js').JobOrder} job
 * @param {JobNeeds} needs
 * @param {number} [fileBytes]
 */
async function startIn(folder, job, needs, fileBytes) {
  const disk = new SpillingFolder(folder);
  const started = begin(await RecordingFiles.create(disk, job, fileBytes), disk, needs);
  void disk.reserve();
  return started;
}

/**
 * @param {import('../disk/folder.js').Folder} folder of a recording that was interrupted
 * @param {JobNeeds} needs
 * @param {number} parallel
 * @returns {Promise<Started>} at work
 * @throws {RecorderError} `unreadable` where its manifest is not whole, or not of this version
 */
export async function recoverRecording(folder, needs, parallel) {
  const disk = new SpillingFolder(folder);
  const files = await RecordingFiles.open(disk);
  if (!files) throw new RecorderError('unreadable', 'the manifest of this recording cannot be read');
  files.manifest.job.parallel = parallel;
  const started = begin(files, disk, needs);
  const tell = () => needs.emit({ type: 'recovered', durationMs: started.recorded.durationMs });
  tell();
  started.recorded.replay().then(tell, () => {}); // why it failed is told by the upload
  return started;
}

/**
 * @param {RecordingFiles} files
 * @param {SpillingFolder} disk
 * @param {JobNeeds} needs
 */
function begin(files, disk, needs) {
  const recorded = new RecordedBytes({ files, noteMs: needs.timing?.noteMs, onFailed: (error) => upload.failed(error) });
  const upload = new Job({ job: files.manifest.job, bytes: recorded, ...needs });
  disk.makeRoom = () => upload.makeRoom();
  const stop = () => upload.stopRecording(new RecorderError('quota-low', 'the disk is full', { limit: 0 }));
  disk.onFull = stop;
  disk.onSpill = (error) => {
    tellSpilled(needs, error);
    if (isFull(error)) stop();
  };
  void upload.run();
  return { upload, recorded };
}

/** @param {JobNeeds} needs @param {unknown} error why a disk takes nothing more */
function tellSpilled(needs, error) {
  if (isFull(error)) return tellNotDurable(needs, 'the disk is full', 'full');
  const { name, message, reason = name } = /** @type {DOMException & {reason?: string}} */ (error);
  tellNotDurable(needs, `the browser’s storage failed: ${message}`, reason);
}

/** @param {JobNeeds} needs @param {string} why @param {string} reason */
function tellNotDurable({ emit }, why, reason) {
  const message = `what is not in S3 yet is lost when this page ends: ${why}`;
  emit({ type: 'trouble', error: { code: 'not-durable', message, reason } });
}
