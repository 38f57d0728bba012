/**
 * A page that is no secure context is told so before anything begins.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchChromium } from './lib/browsers.js';

/** Plain http from any name but this machine's own. */
const HOST = 'insecure.test';

let broker, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'insecure' });
  browser = await launchChromium({ args: [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`] });
});
after(async () => {
  await browser?.close();
  await broker?.stop();
});

test('start, uploadFile and recover say what is wrong, and check finds it', async () => {
  const page = await browser.newPage();
  await page.goto(broker.barePage.replace('127.0.0.1', HOST));
  const told = await page.evaluate(async () => {
    const { Recorder, uploadFile } = await import('/web/recorder.js');
    const options = { broker: location.origin, grant: 'gr_none' };
    const code = async (act) => {
      try {
        await act();
        return 'it began';
      } catch (error) {
        return `${error.code} ${error.field} ${error.reason}`;
      }
    };
    const canvas = document.createElement('canvas');
    canvas.getContext('2d').fillRect(0, 0, 10, 10);
    const recorder = new Recorder(options);
    return {
      secure: isSecureContext,
      start: await code(() => recorder.start(canvas.captureStream(30))),
      state: recorder.state,
      upload: await code(() => uploadFile(new File(['x'], 'a.mp4', { type: 'video/mp4' }), options)),
      recover: await code(() => Recorder.recover('x', options)),
      check: await Recorder.check(options).then((findings) => findings.find(({ name }) => name === 'secure-context').ok, ({ code }) => code),
    };
  });
  const refused = 'not-supported address insecure-context';
  const { check, ...rest } = told;
  assert.deepEqual(rest, { secure: false, start: refused, state: 'idle', upload: refused, recover: refused });
  assert.ok(check === false || check === 'not-supported', `check: ${check}`);
  await page.close();
});
