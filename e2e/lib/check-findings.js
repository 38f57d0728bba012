/**
 * What Recorder.check() finds on a page of somebody else's site, in whatever browser.
 */

import assert from 'node:assert/strict';

const ALL = ['secure-context', 'permissions', 'media-recorder', 'worker', 'storage', 'broker', 'grant', 'session', 'clock', 'bucket', 'etag', 'csp'];

/**
 * The findings by name.
 *
 * @param {{newPage: () => Promise<any>}} browser
 * @param {import('./embed-site.js').EmbedSite} site
 * @param {{how?: object, of?: import('./broker-dev.js').BrokerDev, prepare?: () => void, modules?: string}} options how: options of
 *   the check; of: whose broker; prepare: runs in the page before it; modules: the origin of the recorder's files
 */
export async function findingsOf(browser, site, { how = {}, of = site.broker, prepare, modules = of.url }) {
  site.broker = of;
  const page = await browser.newPage();
  try {
    await page.goto(`${site.origin}/`);
    if (prepare) await page.evaluate(prepare);
    const found = await page.evaluate(async ({ url, from, options }) => {
      const { Recorder } = await import(`${from}/web/recorder.js`);
      const grant = async () => (await fetch('/grant', { method: 'POST' })).text();
      return Recorder.check({ broker: url, grant, ...options });
    }, { url: of.url, from: modules, options: how });
    assert.deepEqual(found.map(({ name }) => name), ALL, 'every finding, in order');
    assert.doesNotMatch(JSON.stringify(found), /X-Amz|Signature|(?:gr|st)_[\w-]{16}/, 'no secret is in it');
    return Object.fromEntries(found.map(({ name, ...finding }) => [name, finding]));
  } finally {
    await page.close();
  }
}

/** The names of what is not well, and of what could not be told. */
export function failed(found) {
  const named = (value) => Object.entries(found).filter(([, { ok }]) => ok === value).map(([name]) => name);
  return { bad: named(false), unknown: named(null) };
}

/**
 * On a page with the documented lines all is well, and S3 keeps nothing of it.
 *
 * @param {{newPage: () => Promise<any>}} browser
 * @param {import('./embed-site.js').EmbedSite} site
 * @param {import('./bucket.js').Bucket} bucket of its broker
 * @param {{records: RegExp, storage?: RegExp}} told
 */
export async function assertAllIsWell(browser, site, bucket, { records, storage = /^OPFS, \d+ MB free/ }) {
  const found = await findingsOf(browser, site, {});
  assert.deepEqual(failed(found), { bad: [], unknown: [] }, JSON.stringify(found));
  assert.match(found.storage.detail, storage);
  assert.match(found['media-recorder'].detail, records);
  assert.deepEqual(await bucket.uploads(), []);
}
