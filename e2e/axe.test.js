/**
 * What axe-core finds on the pages and the elements, in two languages, light and dark, and how they look at the width of a
 * phone and of a desk. axe-core is under MPL-2.0; it is a tool of this test, and in nothing that is shipped.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { uploadByApi } from './lib/api.js';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium, shoot } from './lib/browsers.js';
import { ElementSite } from './lib/element-site.js';
import { temporaryFolder } from './lib/folders.js';
import { writeVideo } from './lib/media.js';
import { RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LANGUAGES = [
  { locale: 'en-GB', headline: 'New recording', download: 'Download' },
  { locale: 'de-DE', headline: 'Neue Aufnahme', download: 'Herunterladen' },
];
const WIDTHS = [390, 1280];
const SCHEMES = ['light', 'dark'];

let broker, site, browser, link;

before(async () => {
  site = await ElementSite.start();
  broker = site.broker = await BrokerDev.start({ name: 'axe', origins: [site.origin], env: { BROKER_EMBED_ORIGINS: site.origin } });
  browser = await launchChromium({ noisy: false });
  const file = path.join(temporaryFolder(), 'video.webm');
  await writeVideo(file, { seconds: 4 });
  link = await uploadByApi(broker, readFileSync(file));
});

after(async () => {
  await browser?.close();
  await Promise.all([broker?.stop(), site?.close()]);
});

/** Takes pictures, and asks axe. @param {any} page playwright's @param {string} name */
async function examine(page, name) {
  await page.evaluate(AXE);
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await shoot(page, `axe-${name}-${width}-${colorScheme}`);
    }
    const { violations } = await page.evaluate('axe.run({ resultTypes: ["violations"] })');
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.flat().join(' ')).join(', ')}`), [], `${name}, ${colorScheme}`);
  }
}

for (const { locale, headline, download } of LANGUAGES) {
  const inLanguage = async () => {
    const context = await browser.newContext({ locale });
    for (const origin of [broker.url, site.origin]) await context.grantPermissions(['camera', 'microphone'], { origin });
    return { context, page: await context.newPage() };
  };

  test(`the record page, ${locale}: nothing to find before, while and after it records`, async () => {
    const { context, page } = await inLanguage();
    const record = new RecordPage(page);
    await record.open(broker.url);
    assert.equal(await page.textContent('#headline'), headline);
    assert.equal(await page.evaluate(() => document.documentElement.lang), locale.slice(0, 2));
    await examine(page, `record-idle-${locale}`);
    await record.record({ camera: true, mic: true });
    await record.hasRecorded(30_000);
    await examine(page, `record-recording-${locale}`);
    await record.press('#stop');
    await record.is('completed');
    await until('what was recorded is shown', () => page.$eval('#video', (video) => video.readyState >= 2));
    await examine(page, `record-completed-${locale}`);
    await context.close();
  });

  test(`the elements in a page, ${locale}: nothing to find`, async () => {
    const { context, page } = await inLanguage();
    site.body = `<h1>An application</h1><script type="module" src="${broker.url}/web/element.js"></script>
      <script type="module" src="${broker.url}/web/player.js"></script>
      <slipway-recorder broker="${broker.url}" grant-url="/slipway-grant" max-minutes="5"></slipway-recorder><slipway-player src="${link}"></slipway-player>`;
    await page.goto(site.origin);
    await page.waitForSelector('#record');
    await until('the player is ready', () => page.$eval('slipway-player', ({ video }) => video?.readyState >= 1));
    await examine(page, `element-${locale}`);
    await context.close();
  });

  test(`the watch page and its player for other pages, ${locale}: nothing to find`, async () => {
    const { context, page } = await inLanguage();
    for (const [name, url] of [['watch', link], ['embed', link.replace('/watch/', '/embed/')]]) {
      await page.goto(url);
      await until('it is ready', () => page.$eval('body', (body) => body.dataset.state === 'ready'));
      assert.equal(await page.textContent('#download'), download);
      await examine(page, `${name}-${locale}`);
    }
    await context.close();
  });
}
