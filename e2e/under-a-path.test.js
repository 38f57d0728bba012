/**
 * A broker under a path of its host, behind a proxy that cuts the path: its pages, their API and recorder.js are all there.
 */

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';
import { plays } from './lib/play.js';
import { RecordPage } from './lib/record-page.js';
import { until } from './lib/until.js';

const DEVICES = ['camera', 'microphone'];

let broker, front, base, browser, context;
/** Paths that were asked for outside of the broker's. @type {string[]} */
const outside = [];

before(async () => {
  front = http.createServer((request, response) => {
    if (!request.url.startsWith('/slipway/')) {
      outside.push(request.url);
      response.writeHead(404).end();
      return;
    }
    const { hostname, port } = new URL(broker.url);
    const onward = http.request({ hostname, port, method: request.method, path: request.url.slice('/slipway'.length), headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => front.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${front.address().port}`;
  base = `${origin}/slipway`;
  broker = await BrokerDev.start({ name: 'under-a-path', origins: [origin] });
  browser = await launchChromium({ noisy: false });
  context = await browser.newContext();
  await context.grantPermissions(DEVICES, { origin });
});

after(async () => {
  await browser?.close();
  front?.closeAllConnections();
  front?.close();
  await broker?.stop();
});

test('a broker under a path records, plays, and shows its operators what goes on', async () => {
  const page = new RecordPage(await context.newPage());
  await page.open(`${base}/`);
  await page.record({ camera: true, mic: true });
  await page.is('recording');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await page.page.click('#stop');
  await page.is('completed', 30_000);
  const link = new URL(await page.page.inputValue('#link'));

  await plays(await context.newPage(), `${base}${link.pathname}${link.hash}`);

  const ops = await context.newPage();
  await ops.goto(`${base}/ops`);
  await ops.fill('#key', broker.ready.api_key);
  await ops.click('#open');
  await ops.selectOption('#filter-state', 'completed');
  await until('the session is listed', async () => (await ops.textContent('#sessions-rows'))?.includes('dev'));
  assert.deepEqual(outside.filter((path) => path !== '/favicon.ico'), []);
});
