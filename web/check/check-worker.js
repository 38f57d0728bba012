/**
 * Findings about the recorder's Worker, and about the disk, which only the Worker can write to as the recorder does.
 */

import { deferred } from '../base/deferred.js';
import { estimateDisk } from '../base/room-left.js';
import { loadWorker } from '../recorder/load-worker.js';

/** @typedef {import('./check.js').Finding} Finding */

const WITHIN_MS = 10_000;
/** Ten minutes of recording at 2.5 Mbit/s, and some air. */
const ROOM_BYTES = 256 * 1024 * 1024;

/** @param {string | URL} [workerUrl] @returns {Promise<Finding[]>} */
export async function findInWorker(workerUrl) {
  /** @type {import('../base/deferred.js').Deferred<import('../base/messages.js').StorageKind>} */
  const answer = deferred();
  const timer = setTimeout(() => answer.reject(new Error('it does not answer')), WITHIN_MS);
  const worker = loadWorker(workerUrl, {
    onMessage: (message) => { if (message.type === 'probed') answer.resolve(message.storage); },
    onError: ({ message }) => answer.reject(new Error(message ?? 'it does not load')),
  });
  try {
    worker.postMessage({ type: 'probe' });
    const storage = await answer.promise;
    return [{ name: 'worker', ok: true, detail: 'it runs' }, await disk(storage)];
  } catch (error) {
    return [
      { name: 'worker', ok: false, detail: `the recorder’s Worker: ${/** @type {Error} */ (error).message}` },
      { name: 'storage', ok: null, detail: 'not checked: it takes the Worker' },
    ];
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/** @param {import('../base/messages.js').StorageKind} storage @returns {Promise<Finding>} */
async function disk(storage) {
  if (storage === 'memory') {
    return {
      name: 'storage', ok: false, detail: 'nothing can be kept on this device: a recording whose tab dies loses what S3 lacks',
      mend: 'Open the page outside a private window, over https, and with site data allowed.',
    };
  }
  const { quota = Infinity, usage = 0 } = await estimateDisk();
  const free = quota - usage;
  const room = free === Infinity ? 'this browser does not say how much is free' : `${Math.round(free / 1e6)} MB free`;
  const detail = `${storage === 'opfs' ? 'OPFS' : 'IndexedDB'}, ${room}${await isPersistent() ? ', persistent' : ''}`;
  if (free >= ROOM_BYTES) return { name: 'storage', ok: true, detail };
  return { name: 'storage', ok: false, detail, mend: 'Free some disk space, or this site’s data.' };
}

async function isPersistent() {
  try {
    return await navigator.storage.persisted();
  } catch {
    return false; // this browser does not say
  }
}
