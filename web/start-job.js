/**
 * Makes the Worker's one job: of data that is recorded, of a file, or of a recording that was interrupted.
 */

import { MemoryFolder } from './disk/memory-folder.js';
import { RecordingFiles } from './disk/recording-files.js';
import { SpillingFolder } from './disk/spilling-folder.js';
import { RecorderError } from './errors.js';
import { FileBytes } from './file-bytes.js';
import { RecordedBytes } from './recorded-bytes.js';
import { UploadJob } from './upload-job.js';

/**
 * @typedef {Omit<ConstructorParameters<typeof UploadJob>[0], 'job' | 'bytes'>} Means what a job needs besides
 * @typedef {{upload: UploadJob, recorded?: RecordedBytes}} Started recorded: where data comes in
 */

/**
 * @param {import('./messages.js').Job} job
 * @param {Blob} file
 * @param {Means} means
 * @returns {Started}
 */
export function sendFile(job, file, means) {
  const upload = new UploadJob({ job, bytes: new FileBytes(file), ...means });
  void upload.run();
  return { upload };
}

/**
 * @param {import('./messages.js').Job} job
 * @param {import('./disk/folder.js').Folder} folder an empty one; where it takes nothing the recording is kept in memory
 * @param {Means} means
 * @param {number} [fileBytes]
 * @returns {Promise<Started>}
 */
export async function startRecording(job, folder, means, fileBytes) {
  try {
    const started = await startIn(folder, job, means, fileBytes);
    if (!folder.durable) tellNotDurable(means, 'this browser lets us keep nothing on this device');
    return started;
  } catch {
    await folder.destroy().catch(() => {});
    const started = await startIn(new MemoryFolder(), job, means, fileBytes);
    tellNotDurable(means, 'the disk is full, or refuses to write');
    return started;
  }
}

/**
 * @param {import('./disk/folder.js').Folder} folder
 * @param {import('./messages.js').Job} job
 * @param {Means} means
 * @param {number} [fileBytes]
 */
async function startIn(folder, job, means, fileBytes) {
  const disk = new SpillingFolder(folder);
  const started = begin(await RecordingFiles.create(disk, job, fileBytes), disk, means);
  void disk.reserve();
  return started;
}

/**
 * @param {import('./disk/folder.js').Folder} folder of a recording that was interrupted
 * @param {Means} means
 * @param {number} parallel
 * @returns {Promise<Started>} at work
 * @throws {RecorderError} `unreadable` where its manifest is not whole, or not of this version
 */
export async function recoverRecording(folder, means, parallel) {
  const disk = new SpillingFolder(folder);
  const files = await RecordingFiles.open(disk);
  if (!files) throw new RecorderError('unreadable', 'the manifest of this recording cannot be read');
  files.manifest.job.parallel = parallel;
  const started = begin(files, disk, means);
  const tell = () => means.emit({ type: 'recovered', durationMs: started.recorded.durationMs });
  tell();
  started.recorded.replay().then(tell, () => {}); // why it failed is told by the upload
  return started;
}

/**
 * @param {RecordingFiles} files
 * @param {SpillingFolder} disk
 * @param {Means} means
 */
function begin(files, disk, means) {
  const recorded = new RecordedBytes({ files, noteMs: means.timing?.noteMs, onFailed: (error) => upload.failed(error) });
  const upload = new UploadJob({ job: files.manifest.job, bytes: recorded, ...means });
  disk.makeRoom = () => upload.makeRoom();
  const stop = () => upload.stopRecording(new RecorderError('quota-low', 'the disk is full, or refuses to write', { limit: 0 }));
  disk.onFull = stop;
  disk.onSpill = () => {
    tellNotDurable(means, 'the disk is full, or refuses to write');
    stop();
  };
  void upload.run();
  return { upload, recorded };
}

/** @param {Means} means @param {string} why */
function tellNotDurable({ emit }, why) {
  const message = `what is not in S3 yet is lost when this page ends: ${why}`;
  emit({ type: 'trouble', error: { code: 'not-durable', message } });
}
