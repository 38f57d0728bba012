/** What a refusal by the browser means. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDevices } from '../../capture/devices.js';
import { installPage } from '../lib/fake-page.js';

test('an OverconstrainedError, which has no message, is told with the constraint that no device meets', async () => {
  const cause = Object.assign(new Error(''), { name: 'OverconstrainedError', constraint: 'deviceId' });
  installPage({ getUserMedia: async () => { throw cause; } });
  await assert.rejects(openDevices({ camera: { deviceId: { exact: 'gone' } } }), {
    code: 'device-not-found', field: 'camera', reason: 'OverconstrainedError', message: 'cannot open camera: no device meets the constraint deviceId',
  });
});

test('a refusal without any words is told by its name', async () => {
  installPage({ getUserMedia: async () => { throw Object.assign(new Error(''), { name: 'AbortError' }); } });
  await assert.rejects(openDevices({ microphone: true }), { code: 'device-busy', message: 'cannot open microphone: AbortError' });
});

test('a browser that cannot put screen and camera together says so before it asks for either', async () => {
  let asked = 0;
  installPage({ getUserMedia: async () => { asked++; }, getDisplayMedia: async () => { asked++; } });
  await assert.rejects(openDevices({ screen: true, camera: true }), { code: 'not-supported', field: 'camera' });
  assert.equal(asked, 0);
});
