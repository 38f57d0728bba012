/**
 * Where it is measured: a browser, a broker with its S3, the peers' Companion, and a site whose pages are allowed to both.
 */

import { mintGrant } from '../../e2e/lib/api.js';
import { BrokerDev } from '../../e2e/lib/broker-dev.js';
import { Bucket } from '../../e2e/lib/bucket.js';
import { Profile } from '../../e2e/lib/profile.js';
import { StaticSite } from '../../e2e/lib/vite-app.js';
import { Behind } from '../../e2e/soak/behind.js';
import { Companion } from './companion.js';
import { NotStarted, tell } from './lines.js';

const UPLINK = '20mbit'; // and 40 ms of round trip, which the line has by itself

/** What recorders are asked for. Chromium made 5.9 Mbit/s of it, sound included, of these frames; of 6e6 it made 4.2. */
export const VIDEO_BITS_PER_SECOND = 8e6;

/** @typedef {import('./pages.js').Pages} Pages */

export class Ground {
  #close;
  /** @type {Companion | undefined} */
  #companion;

  /** @param {{broker: BrokerDev, profile: Profile, site: StaticSite, behind?: Behind}} parts @param {() => Promise<void>} close */
  constructor({ broker, profile, site, behind }, close) {
    Object.assign(this, { broker, profile, site, behind });
    this.bucket = new Bucket(broker.ready);
    this.#close = close;
  }

  /** @param {string} peers @param {string} host */
  async startCompanion(peers, host) {
    this.#companion = await Companion.start({ peers, host, s3: this.broker.ready }).catch((error) => { tell('Companion', error); return undefined; });
  }

  /** What Uppy is told. @returns {{companion: string}} */
  get uppy() {
    if (!this.#companion) throw new NotStarted('there is no Companion');
    return { companion: this.#companion.url };
  }

  /** What those are told that use our broker. @returns {Promise<{broker: string, grant: string}>} */
  async slipway() { return { broker: this.broker.url, grant: await mintGrant(this.broker) }; }

  /**
   * Does something in a page of the site, and closes it.
   *
   * @template T
   * @param {(page: import('playwright-core').Page) => Promise<T>} use
   * @param {(page: import('playwright-core').Page) => Promise<unknown>} [prepare] done before it loads
   * @returns {Promise<T>}
   */
  async inPage(use, prepare) {
    const page = await this.profile.context.newPage();
    try {
      await prepare?.(page);
      await page.goto(this.site.origin);
      return await use(page);
    } finally {
      await page.close();
    }
  }

  /** The object that was not there before, and nothing else. @param {string[]} before keys @returns {Promise<{key: string, size: number, sha256: string}>} */
  async newObject(before) {
    const fresh = (await this.bucket.keys()).filter((key) => !before.includes(key));
    if (fresh.length !== 1) throw new Error(`${fresh.length} new objects in S3`);
    return { key: fresh[0], ...await this.bucket.digest(fresh[0]) };
  }

  async close() {
    this.#companion?.close();
    this.bucket.close();
    await this.#close();
  }
}

/** Chromium behind a slow line. @param {string} peers @param {Pages} pages @throws where there can be no line */
export async function openLine(peers, pages) {
  const siteAt = async (/** @type {string} */ host) => openSite(pages, host);
  const behind = await Behind.start({ name: 'bench', up: UPLINK, siteAt });
  const ground = new Ground({ ...behind, behind }, () => behind.close());
  await ground.startCompanion(peers, behind.link.server);
  return ground;
}

/** Everything on loopback. @param {string} peers @param {Pages} pages */
export async function openLoopback(peers, pages) {
  const host = '127.0.0.1';
  const site = await openSite(pages, host);
  const broker = await BrokerDev.start({ name: 'bench-loopback', origins: [site.origin] });
  const profile = await Profile.start();
  const ground = new Ground({ broker, profile, site }, async () => {
    await profile.close();
    await broker.stop();
    await site.close();
  });
  await ground.startCompanion(peers, host);
  return ground;
}

/** @param {Pages} pages @param {string} host */
async function openSite({ folder }, host) {
  const site = await StaticSite.start({ host });
  site.folder = folder;
  return site;
}
