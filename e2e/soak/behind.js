/**
 * A browser behind a slow line, and at its other end a broker with its S3.
 */

import { BrokerDev } from '../lib/broker-dev.js';
import { Link } from '../lib/link.js';
import { openRecorderPage } from '../lib/numbered-recorder.js';
import { Profile } from '../lib/profile.js';

export class Behind {
  #args;
  #chromium;
  /** @type {Profile} */
  profile;

  /** @param {Link} link @param {BrokerDev} broker @param {{origin: string, close(): Promise<void>}} [site] */
  constructor(link, broker, site) {
    Object.assign(this, { link, broker, site });
    const secure = [broker.url, ...(site ? [site.origin] : [])]; // without https only loopback is, unless it is said
    this.#args = [`--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${link.server}`, `--unsafely-treat-insecure-origin-as-secure=${secure}`];
    this.#chromium = link.behind(process.env.SLIPWAY_CHROMIUM ?? '/usr/bin/chromium');
  }

  /**
   * @param {{name: string, up: string, siteAt?: (host: string) => Promise<{origin: string, close(): Promise<void>}>}} how
   *   name: of the broker's log; up: the line's rate, such as 20mbit; siteAt: starts another site, which may use the broker
   */
  static async start({ name, up, siteAt }) {
    const link = await Link.start({ up });
    const site = await siteAt?.(link.server);
    const broker = await BrokerDev.start({ name: `soak-${name}`, host: link.server, origins: site && [site.origin] });
    const behind = new Behind(link, broker, site);
    behind.profile = await behind.launch();
    return behind;
  }

  /**
   * Another person's browser. Its profile is on the disk: what a private window writes to its file system stays in memory.
   */
  launch() { return Profile.start({ args: this.#args, program: this.#chromium }); }

  /** @param {Parameters<typeof openRecorderPage>[2]} [how] */
  openPage(how) { return openRecorderPage(this.profile.context, this.broker, how); }

  async close() {
    await this.profile.close();
    await this.broker.stop();
    await this.site?.close();
    await this.link.close();
  }
}
