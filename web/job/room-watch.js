/**
 * Checks the space for a recording, on the disk or in memory, each time that as much as one part file was recorded.
 */

import { FILE_BYTES } from '../disk/part-files.js';
import { DiskRoom } from './disk-room.js';
import { asRecorderError, RecorderError } from '../base/errors.js';
import { MemoryRoom } from './memory-room.js';

const MINUTE_MS = 60_000;
/** What a shorter recording has, such as its first key frame, says nothing about its rate. */
const SETTLED_MS = 10_000;

export class RoomWatch {
  #bytes;
  #disk;
  #memory;
  #events;
  #recovered;
  #looking = false;
  #lookedAtBytes = -Infinity;

  /**
   * @param {object} options
   * @param {import('../bytes/byte-source.js').ByteSource} options.bytes
   * @param {() => Promise<boolean>} options.evict lets go of some bytes that S3 has; false where there are none
   * @param {() => Promise<{quota?: number, usage?: number}>} [options.estimate] navigator.storage.estimate
   * @param {import('./memory-room.js').Bounds} [options.memory]
   * @param {{onLow: (error: RecorderError) => void, onLast: (error: RecorderError) => void}} options.events onLow: it gets
   *   little, or cannot be told; onLast: the recording has to end
   */
  constructor({ bytes, evict, estimate, memory, events }) {
    this.#bytes = bytes;
    this.#disk = new DiskRoom({ estimate, evict });
    this.#memory = new MemoryRoom({ held: () => bytes.size - bytes.lostBytes, evict }, memory);
    this.#events = events;
    this.#recovered = bytes.durationMs > 0; // it was recorded before: it does not grow any more
  }

  /** More was recorded. */
  async look() {
    const { size, pendingBytes, durationMs, announced } = this.#bytes;
    if (this.#looking || this.#recovered || announced !== undefined || size < this.#lookedAtBytes + FILE_BYTES) return;
    this.#looking = true;
    this.#lookedAtBytes = size;
    const minutes = Math.max(SETTLED_MS, durationMs) / MINUTE_MS; // recorded ones: a pause may last for hours
    const room = this.#bytes.durable ? this.#disk : this.#memory; // a disk may be taken away
    const seen = await room.look((size + pendingBytes) / minutes).catch(asRecorderError);
    this.#looking = false;
    if (seen instanceof RecorderError) this.#events.onLow(seen);
    else if (seen.kind === 'low') this.#events.onLow(seen.error);
    else if (seen.kind === 'last') this.#events.onLast(seen.error);
  }
}
