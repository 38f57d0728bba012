import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Recorder, uploadFile } from '../../recorder.js';
import { FakeStream, FakeTrack, installPage, workers } from '../lib/fake-page.js';

const options = { broker: 'https://b.example', grant: 'gr_1' };
const REFUSED = { code: 'not-supported', field: 'address', reason: 'insecure-context' };

beforeEach(() => {
  installPage();
  globalThis.isSecureContext = false;
});

for (const { what, act } of [
  { what: 'a recording', act: () => new Recorder(options).start(new FakeStream([new FakeTrack('video')])) },
  { what: 'the upload of a file', act: () => uploadFile(new Blob(['x'], { type: 'video/mp4' }), options) },
  { what: 'a recovery', act: async () => Recorder.recover('x', options) },
]) {
  test(`where there is no secure context, ${what} does not begin`, async () => {
    await assert.rejects(act(), REFUSED);
    assert.equal(workers.length, 0);
  });
}
