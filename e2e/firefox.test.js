/**
 * The broker's own pages in Firefox, with Firefox's own fake camera and microphone.
 */

import { after, before, test } from 'node:test';
import { BrokerDev } from './lib/broker-dev.js';
import { launchFirefox } from './lib/browsers.js';
import { recordsByButtons } from './lib/by-buttons.js';

let broker, browser;

before(async () => {
  broker = await BrokerDev.start({ name: 'firefox' });
  browser = await launchFirefox();
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

test('Firefox records camera and microphone, pauses, saves, and plays the link', () => recordsByButtons(browser, broker, 'firefox'));
