/**
 * A bare page of the broker's origin that records numbered frames by the Recorder's own API.
 */

import { mintGrant } from './api.js';
import { beforeItLoads } from './in-page.js';
import { paintNumbers } from './numbered.js';

/** Runs in the page. `begin`, `unfinished` and `recover` use the Recorder; `told` is what it said, `troubles` as {@link lateDataApart} has them. */
function driveRecorder() {
  const told = globalThis.told = { states: [], errors: [], troubles: [], progress: null, parts: 0 };
  const follow = (target) => {
    target.addEventListener('state', ({ detail }) => told.states.push(detail.state));
    target.addEventListener('progress', ({ detail }) => { told.progress = detail; });
    target.addEventListener('part', () => { told.parts++; });
    target.addEventListener('error', ({ detail: { error, fatal } }) => {
      told.errors.push(`${error.code}${fatal ? '!' : ''}: ${error.message}`);
      told.troubles.push(error.code);
    });
    target.addEventListener('eased', ({ detail: { code } }) => told.troubles.push(`eased ${code}`));
    return target;
  };
  const recorder = () => import(`${location.origin}/web/recorder.js`); // a script of WebKit's user has no address to go by
  const workerAfter = (prelude) => {
    const source = `${prelude}; import ${JSON.stringify(`${location.origin}/web/worker.js`)};`;
    return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  };
  globalThis.begin = async ({ grant, noise, framesPerSecond, workerPrelude, ...options }) => {
    const { Recorder } = await recorder();
    if (workerPrelude) options.workerUrl = workerAfter(workerPrelude);
    globalThis.recorder = follow(new Recorder({ broker: location.origin, grant, videoBitsPerSecond: noise ? 60e6 : 1e6, ...options }));
    await globalThis.recorder.start(globalThis.numberedStream({ noise, framesPerSecond }));
    globalThis.framesAtStart = globalThis.framesPainted;
  };
  globalThis.unfinished = async () => (await recorder()).Recorder.unfinished();
  globalThis.discard = async (id) => (await recorder()).Recorder.discard(id);
  globalThis.recover = async ({ id, grant, ...options }) => {
    const { Recorder } = await recorder();
    globalThis.recovery = follow(Recorder.recover(id, { grant, ...options }));
    return globalThis.recovery.result.catch((error) => { throw new Error(`${error.code} ${error.reason}: ${error.message}`); });
  };
}

/**
 * @param {{newPage: () => Promise<any>}} context a context of Chromium's, or Firefox
 * @param {import('./broker-dev.js').BrokerDev} broker
 * @param {{prepare?: (page: any) => Promise<void>}} [how] prepare: done to the page before it loads
 */
export async function openRecorderPage(context, broker, { prepare } = {}) {
  const page = await context.newPage();
  await prepare?.(page);
  await beforeItLoads(page, paintNumbers);
  await beforeItLoads(page, driveRecorder);
  await page.goto(broker.barePage);
  return new RecorderPage(page, broker);
}

export class RecorderPage {
  /** @param {any} page of either browser @param {import('./broker-dev.js').BrokerDev} broker */
  constructor(page, broker) {
    this.page = page;
    this.broker = broker;
  }

  /** @param {{noise?: boolean, framesPerSecond?: number, name?: string, container?: string, videoBitsPerSecond?: number, workerPrelude?: string}} [how]
   *   noise fills a part in seconds; workerPrelude: script that takes something from the Worker before it begins */
  async begin(how = {}) {
    await this.page.evaluate((options) => globalThis.begin(options), { noise: true, ...how, grant: await mintGrant(this.broker) });
  }

  /** @returns {Promise<{states: string[], errors: string[], troubles: string[], progress: any, parts: number}>} */
  told() { return this.page.evaluate('told'); }

  painted() { return this.page.evaluate('framesPainted'); }

  id() { return this.page.evaluate('recorder.id'); }

  /** @returns {Promise<any>} the result of stop() */
  stop() { return this.page.evaluate('recorder.stop().catch((error) => { throw new Error(`${error.code} ${error.reason}: ${error.message}`); })'); }

  /** @returns {Promise<import('../../web/job/unfinished.js').Unfinished[]>} */
  unfinished() { return this.page.evaluate('unfinished()'); }

  /** @param {string} id @param {object} [options] @returns {Promise<any>} the result */
  async recover(id, options = {}) {
    return this.page.evaluate((how) => globalThis.recover(how), { ...options, id, grant: await mintGrant(this.broker) });
  }

  /** @param {string} id */
  discard(id) { return this.page.evaluate((which) => globalThis.discard(which), id); }
}
