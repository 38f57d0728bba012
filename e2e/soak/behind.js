/**
 * A browser behind a slow line, and at its other end a broker with its S3.
 */

import { BrokerDev } from '../lib/broker-dev.js';
import { Link } from '../lib/link.js';
import { openRecorderPage } from '../lib/numbered-recorder.js';
import { Profile } from '../lib/profile.js';

export class Behind {
  /** @param {Link} link @param {BrokerDev} broker @param {Profile} profile */
  constructor(link, broker, profile) {
    Object.assign(this, { link, broker, profile });
  }

  /** @param {{name: string, up: string}} how name: of the broker's log; up: the line's rate, such as 20mbit */
  static async start({ name, up }) {
    const link = await Link.start({ up });
    const broker = await BrokerDev.start({ name: `soak-${name}`, host: link.server });
    const args = [
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${link.server}`,
      `--unsafely-treat-insecure-origin-as-secure=${broker.url}`, // only loopback is secure without https
    ];
    const chromium = link.behind(process.env.SLIPWAY_CHROMIUM ?? '/usr/bin/chromium');
    // A profile on the disk: what a private window writes to its file system stays in memory.
    const profile = await Profile.start({ args, program: chromium });
    return new Behind(link, broker, profile);
  }

  /** @param {Parameters<typeof openRecorderPage>[2]} [how] */
  openPage(how) { return openRecorderPage(this.profile.context, this.broker, how); }

  async close() {
    await this.profile.close();
    await this.broker.stop();
    await this.link.close();
  }
}
