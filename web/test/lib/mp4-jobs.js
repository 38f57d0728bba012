/** Jobs that record MP4, for tests in node. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';
import { concat } from '../../container/concat.js';
import { ManifestFile } from '../../disk/manifest.js';
import { recordingOf } from '../mp4/live.js';
import { ordinary, pass } from '../mp4/recordings.js';
import { Cloud } from './cloud.js';
import { JobRun, until } from './job-run.js';

export const MP4 = { contentType: 'video/mp4;codecs="avc1,opus"' };

/** In slices of so many seconds. @param {Uint8Array[]} pieces a second each @param {number} seconds */
export const inSlices = (pieces, seconds) => Array.from({ length: Math.ceil(pieces.length / seconds) }, (_, i) => concat(pieces.slice(i * seconds, (i + 1) * seconds)));

/** 20 s of 60 kB each: the moov goes to the front. */
export const SHORT = [...recordingOf(20, { frameBytes: 1200 })];
/** 20 min of next to nothing: it goes to the end. */
export const LONG = inSlices([...recordingOf(20 * 60)], 60);
export const FORMS = [{ place: 'front', pieces: SHORT }, { place: 'end', pieces: LONG }].map((form) => ({ ...form, whole: ordinary(concat(form.pieces)) }));

/** Each of them takes some of these. */
export const PART_BYTES = 600_000;

/** A cloud for each test of a file, and the jobs that send to it. */
export class Mp4Jobs {
  /** @type {Cloud} */
  cloud;
  /** @type {JobRun[]} */
  #runs = [];

  constructor() {
    beforeEach(async () => {
      this.cloud = await new Cloud().start();
      this.cloud.partSize = PART_BYTES;
    });
    afterEach(async () => {
      for (const run of this.#runs.splice(0)) await run.cancel();
      assert.equal(this.cloud.twoPutsOfOneNumber, false, 'two PUTs of one number were in flight');
      await this.cloud.stop();
    });
  }

  /** @param {ConstructorParameters<typeof JobRun>[1]} [how] */
  run({ job, ...how } = {}) {
    const run = new JobRun(this.cloud, { job: { ...MP4, ...job }, fileBytes: 100_000, ...how });
    this.#runs.push(run);
    return run;
  }
}

/**
 * Records slices up to one, and waits until all of it is on the disk.
 *
 * @param {JobRun} run
 * @param {Uint8Array[]} pieces
 * @param {number} [to]
 * @param {number} [from]
 */
export async function takeIn(run, pieces, to = pieces.length, from = 0) {
  for (const piece of pieces.slice(from, to)) run.add(new Blob([piece]));
  const { length } = pass([concat(pieces.slice(0, to))], undefined, { provisional: true }).output;
  await until(async () => (await run.started).recorded.size === length, 'all is taken in');
}

/** @param {import('./durable-folder.js').DurableFolder} folder @param {Uint8Array[]} pieces that are noted */
export async function noted(folder, pieces) {
  const { length } = concat(pieces);
  await until(async () => (await ManifestFile.read(folder))?.manifest.rawOffset === length, 'a note');
}

/** @param {JobRun} run */
export async function completed(run) {
  const { type, result, error } = await run.said('completed', 'failed');
  assert.equal(type, 'completed', error?.message);
  return result;
}
