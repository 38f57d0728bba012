/**
 * The recorder in pages that let others do little: under the strictest policies, and in a frame whose storage is denied.
 */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, launchFirefox } from './lib/browsers.js';
import { EmbedSite, NONCE } from './lib/embed-site.js';
import { lateDataApart } from './lib/late-data.js';
import { Profile } from './lib/profile.js';
import { recordInApp } from './lib/record-in-app.js';
import { until } from './lib/until.js';

let site, broker;

before(async () => {
  site = await EmbedSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'any-page', origins: [site.origin] });
});

after(async () => {
  await broker?.stop();
  await site?.close();
});

/** What every page needs, whatever its scripts are allowed by. */
const connect = () => `connect-src 'self' ${broker.url} ${broker.ready.s3_endpoint}; worker-src blob:; report-uri /violations`;

for (const { name, launch } of [{ name: 'Chromium', launch: launchChromium }, { name: 'Firefox', launch: launchFirefox }]) {
  for (const { what, policy } of [
    { what: 'a nonce and strict-dynamic', policy: () => `default-src 'none'; script-src 'nonce-${NONCE}' 'strict-dynamic'; ${connect()}` },
    { what: 'trusted types, of which ours is allowed', policy: () => `script-src 'self' ${broker.url}; require-trusted-types-for 'script'; trusted-types slipway; ${connect()}` },
  ]) {
    test(`${name} records under a policy of ${what}`, async () => {
      site.violations.length = 0;
      site.otherPolicy = policy();
      const browser = await launch();
      try {
        const page = await browser.newPage();
        await page.goto(`${site.origin}/`);
        await recordInApp(page);
        assert.deepEqual(site.violations.filter((report) => !report.includes('favicon')), [], 'no violation was reported');
      } finally {
        await browser.close();
      }
    });
  }
}

for (const { name, launch } of [{ name: 'Chromium', launch: launchChromium }, { name: 'Firefox', launch: launchFirefox }]) {
  test(`${name} tells within seconds that the page’s own policy keeps the broker or the bucket away, and records on`, async () => {
    const { url, s3_endpoint: s3 } = broker.ready;
    const browser = await launch();
    try {
      for (const { allowed, lacks, withinMs } of [{ allowed: s3, lacks: url, withinMs: 15_000 }, { allowed: url, lacks: 'the bucket', withinMs: 60_000 }]) {
        site.otherPolicy = `script-src 'self' ${url}; worker-src blob:; connect-src 'self' ${allowed}`;
        const page = await browser.newPage();
        const warned = [];
        page.on('console', (message) => { if (/^warn/.test(message.type())) warned.push(message.text()); });
        await page.goto(`${site.origin}/`);
        await until('its script runs', () => page.evaluate('globalThis.told'));
        await page.click('#record');
        const { error } = await until('it is told', async () => {
          const told = await page.evaluate('told');
          return told.error && told;
        }, { withinMs }); // the bucket’s turn is when a part is full
        assert.match(error, new RegExp(`^offline: .* this page’s CSP.*: connect-src lacks ${lacks}`));
        await until('the console names the check', () => warned.some((text) => text.includes('Recorder.check(')));
        const { states, troubles } = await until('it records on', async () => {
          const told = await page.evaluate('told');
          return told.progress?.recordedBytes > 0 && told;
        });
        assert.deepEqual(states, ['starting', 'recording']);
        assert.deepEqual([...new Set(await lateDataApart(page, troubles))], ['offline']);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
}

test('Chromium records in a frame on another site whose storage is denied, and says that nothing is kept', async () => {
  site.otherPolicy = '';
  const profile = new Profile();
  mkdirSync(path.join(profile.folder, 'Default'));
  writeFileSync(path.join(profile.folder, 'Default', 'Preferences'), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }));
  await profile.start({ args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'] });
  const around = await EmbedSite.start();
  try {
    around.broker = broker;
    around.otherPolicy = '';
    const page = await profile.context.newPage();
    await page.goto(`${around.origin.replace('127.0.0.1', 'localhost')}/`);
    const frame = await within(page, `${site.origin}/`);
    assert.equal(await frame.evaluate('navigator.storage.getDirectory().then(() => "given", ({ name }) => name)'), 'SecurityError');

    await recordInApp(frame, { tolerated: /^not-durable/ });
    assert.match(await frame.evaluate('told.error'), /^not-durable/);
    const said = await frame.evaluate(async (url) => {
      const { Recorder } = await import(`${url}/web/recorder.js`);
      const grant = async () => (await fetch('/grant', { method: 'POST' })).text();
      const findings = await Recorder.check({ broker: url, grant });
      const discarded = await Recorder.discard('r1').catch(({ name, code }) => `${name} ${code}`);
      return { unfinished: await Recorder.unfinished(), discarded, bad: findings.filter(({ ok }) => !ok).map(({ name }) => name) };
    }, broker.url);
    assert.deepEqual(said, { unfinished: [], discarded: 'RecorderError not-found', bad: ['storage'] });
  } finally {
    await profile.close();
    await around.close();
  }
});

/** The frame of a page on another site, with a page of ours in it. @param {import('playwright-core').Page} page @param {string} url */
async function within(page, url) {
  const handle = await page.evaluateHandle((src) => {
    const frame = Object.assign(document.createElement('iframe'), { src, allow: 'camera; microphone; display-capture' });
    return new Promise((resolve) => {
      frame.onload = () => resolve(frame);
      document.body.append(frame);
    });
  }, url);
  return handle.asElement().contentFrame();
}
