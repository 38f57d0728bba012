/**
 * What a Recorder makes of its Worker's messages and its devices' ends, whatever their order.
 */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Recorder } from '../../recorder.js';
import { FakeStream, FakeTrack, installPage, medias, workers } from '../lib/fake-page.js';

const RESULT = { id: 's1', key: 'r/s1.webm', size: 20, etag: '"x-1"', outcome: 'completed', watchUrl: 'https://b.example/watch/s1' };

/** @type {string[]} */
let events;
beforeEach(() => { installPage(); events = []; });

function recorder() {
  const made = new Recorder({ broker: 'https://b.example', grant: 'gr_1' });
  made.addEventListener('state', ({ detail }) => events.push(detail.state));
  made.addEventListener('error', ({ detail }) => events.push(`${detail.error.code}${detail.fatal ? '!' : ''}`));
  for (const name of ['progress', 'part']) made.addEventListener(name, () => events.push(name));
  return made;
}

function camera() {
  return new FakeStream([new FakeTrack('video'), new FakeTrack('audio')]);
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A promise's end, or `pending`. */
async function ended(promise) {
  return Promise.race([promise.then(() => 'resolved', (error) => error.code), turn().then(() => 'pending')]);
}

test('a start does not cut off the cancel before it', async () => {
  const rec = recorder();
  await rec.start(camera());
  const cancelled = rec.cancel();
  await rec.start(camera());
  const [first] = workers;
  assert.equal(first.asked('cancel'), 1);
  assert.equal(first.terminated, false, 'the Worker that aborts the upload was terminated');
  assert.equal(await ended(cancelled), 'pending');
  first.say({ type: 'cancelled' });
  assert.equal(await ended(cancelled), 'resolved');
  assert.equal(first.terminated, true);
  assert.equal(rec.state, 'recording');
});

test('a recording that was completed before the cancel arrived says so', async () => {
  const rec = recorder();
  await rec.start(camera());
  const stopped = rec.stop();
  const cancelled = rec.cancel();
  workers[0].say({ type: 'completed', result: RESULT }); // was on its way
  assert.equal(await ended(cancelled), 'invalid-state');
  assert.equal(await ended(stopped), 'cancelled');
  assert.equal(rec.state, 'completed');
  assert.equal((await rec.stop()).watchUrl, RESULT.watchUrl);
  assert.deepEqual(events.filter((event) => event !== 'progress').slice(-2), ['cancelled', 'completed']);
});

test('a failure on its way does not fail the cancel that came after it', async () => {
  const rec = recorder();
  await rec.start(camera());
  const cancelled = rec.cancel();
  workers[0].say({ type: 'failed', error: { code: 's3', message: 'S3 answered 400' } });
  assert.equal(await ended(cancelled), 'pending');
  workers[0].say({ type: 'cancelled' });
  assert.equal(await ended(cancelled), 'resolved');
});

test('a Worker that crashes while it cancels fails the cancel', async () => {
  const rec = recorder();
  await rec.start(camera());
  const cancelled = rec.cancel();
  workers[0].dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  assert.equal(await ended(cancelled), 'worker-failed');
});

test('nothing is heard of a recording that is over', async () => {
  const rec = recorder();
  await rec.start(camera());
  void rec.cancel();
  events = [];
  workers[0].say({ type: 'opened', session: { id: 's1', watchUrl: 'w' } });
  workers[0].say({ type: 'progress', progress: { recordedBytes: 1 } });
  workers[0].say({ type: 'part', number: 1, bytes: 1 });
  assert.deepEqual([events, rec.id], [[], null]);
});

test('cancel after a start that failed has nothing to do and tells nothing', async () => {
  const rec = recorder();
  await assert.rejects(rec.start({}), { code: 'invalid' });
  assert.deepEqual(events, ['starting', 'idle']);
  assert.equal(await ended(rec.cancel()), 'resolved');
  assert.deepEqual(events, ['starting', 'idle']);
  assert.equal(rec.state, 'idle');
});

test('several sounds that have all ended end the recording', async () => {
  const rec = recorder();
  const [one, two] = [new FakeTrack('audio'), new FakeTrack('audio')];
  await rec.start(new FakeStream([one, two]));
  one.end();
  await turn();
  assert.equal(rec.state, 'recording');
  two.end();
  await turn();
  assert.equal(rec.state, 'stopping');
  assert.equal(workers[0].asked('end'), 1);
});

test('several sounds that the page itself stopped end the recording at the next data', async () => {
  const rec = recorder();
  const tracks = [new FakeTrack('audio'), new FakeTrack('audio')];
  await rec.start(new FakeStream(tracks));
  for (const track of tracks) track.stop();
  medias[0].data(10);
  assert.equal(rec.state, 'stopping');
});

test('sharing that is stopped while the microphone is still asked for records nothing', async () => {
  const [picture, sound, microphone] = [new FakeTrack('video', { displaySurface: 'browser' }), new FakeTrack('audio'), new FakeTrack('audio')];
  installPage({
    getDisplayMedia: async () => new FakeStream([picture, sound]),
    getUserMedia: async () => { picture.end(); return new FakeStream([microphone]); },
  });
  const rec = recorder();
  await assert.rejects(rec.start({ screen: true, microphone: true }), { code: 'cancelled' });
  assert.deepEqual([sound.readyState, microphone.readyState, rec.state, medias.length], ['ended', 'ended', 'idle', 0]);
});

test('a picture that ends while the Worker loads records nothing', async () => {
  const stream = camera();
  const rec = recorder();
  const started = rec.start(stream);
  stream.getVideoTracks()[0].stop();
  await assert.rejects(started, { code: 'cancelled' });
  assert.equal(rec.state, 'idle');
});

test('a grant that cannot be got for want of a network is asked for again; any other failure is told', async () => {
  let calls = 0;
  const rec = new Recorder({
    broker: 'https://b.example',
    grant: async () => {
      calls++;
      if (calls === 1) throw new TypeError('Failed to fetch');
      if (calls === 2) return 'gr_1';
      throw new Error('signed out');
    },
  });
  await rec.start(camera());
  const [worker] = workers;
  worker.say({ type: 'need-grant' });
  while (worker.asked('grant') === 0) await turn(); // the first backoff is half a second at most
  assert.deepEqual(worker.posted.at(-1), { type: 'grant', grant: 'gr_1' });
  worker.say({ type: 'need-grant' });
  await turn();
  assert.deepEqual(worker.posted.at(-1), { type: 'grant', error: 'cannot get a grant: signed out' });
});

test('of two microphones chosen in a hurry the last one is heard, and the other is let go of', async () => {
  const [first, second] = [new FakeTrack('audio'), new FakeTrack('audio')];
  const answers = [];
  installPage({ getUserMedia: () => new Promise((resolve) => { answers.push(resolve); }) });
  const rec = recorder();
  await rec.start(camera());
  const [slow, quick] = [rec.setMicrophone({ deviceId: 'a' }), rec.setMicrophone({ deviceId: 'b' })];
  answers[1](new FakeStream([second]));
  await quick;
  answers[0](new FakeStream([first]));
  await assert.rejects(slow, { code: 'cancelled' });
  assert.deepEqual([first.readyState, second.readyState], ['ended', 'live']);
  rec.stop().catch(() => {});
  await turn();
  assert.equal(second.readyState, 'ended', 'we opened it, so we end it');
});

test('recording begins only when `ready` says so, and not at all where it is cancelled meanwhile', async () => {
  let begin;
  const rec = recorder();
  const started = rec.start(camera(), { ready: () => new Promise((resolve) => { begin = resolve; }) });
  while (!begin) await turn();
  assert.deepEqual([rec.state, rec.stream !== null, medias[0].state], ['starting', true, 'inactive']);
  void rec.cancel();
  begin();
  await assert.rejects(started, { code: 'cancelled' });
  assert.equal(medias[0].state, 'inactive');
});

for (const { name, answer } of [
  { name: 'an error page', answer: '<html>\n502 Bad Gateway\n</html>' },
  { name: 'an answer with its line end', answer: 'gr_1\n' },
  { name: 'nothing', answer: '' },
]) {
  test(`a grant function that gives ${name} has failed, and is asked again by the next try`, async () => {
    const grants = [answer, 'gr_1'];
    const rec = new Recorder({ broker: 'https://b.example', grant: async () => grants.shift() });
    await rec.start(camera());
    const [worker] = workers;
    worker.say({ type: 'need-grant' });
    await turn();
    worker.say({ type: 'need-grant' });
    await turn();
    const given = worker.posted.filter(({ type }) => type === 'grant');
    assert.match(given[0].error, /^cannot get a grant: what came is no grant/);
    assert.deepEqual(given.slice(1), [{ type: 'grant', grant: 'gr_1' }]);
  });
}

test('data that comes after MediaRecorder says it has stopped is kept (Firefox)', async () => {
  const rec = recorder();
  await rec.start(camera());
  const [media] = medias;
  media.stop = () => {
    media.state = 'inactive';
    media.data(0);
    media.dispatchEvent(new Event('stop'));
    setTimeout(() => media.data(4), 20);
    setTimeout(() => media.data(5), 40);
  };
  void rec.stop();
  const posted = () => workers[0].posted.filter(({ type }) => type === 'data' || type === 'end').map(({ type, blob }) => blob?.size ?? type);
  await until(() => workers[0].asked('end'));
  assert.deepEqual(posted(), [4, 5, 'end']);
});

test('a MediaRecorder whose last data is empty ends all the same, and what comes later yet is told', async () => {
  const rec = recorder();
  await rec.start(camera());
  const [media] = medias;
  media.data(7);
  media.stop = () => {
    media.state = 'inactive';
    media.data(0);
    media.dispatchEvent(new Event('stop'));
  };
  void rec.stop();
  await until(() => workers[0].asked('end'));
  media.data(3);
  assert.deepEqual([workers[0].asked('data'), workers[0].asked('end'), events.at(-1)], [1, 1, 'bytes-lost']);
});

test('data that comes when the recording is completed already is told all the same', async () => {
  const rec = recorder();
  await rec.start(camera());
  void rec.stop();
  await until(() => workers[0].asked('end'));
  workers[0].say({ type: 'completed', result: RESULT });
  medias[0].data(3);
  assert.deepEqual([rec.state, events.at(-1)], ['completed', 'bytes-lost']);
});

test('data that comes after a cancel is no loss', async () => {
  const rec = recorder();
  await rec.start(camera());
  void rec.cancel();
  await turn();
  medias[0].data(3);
  assert.equal(events.at(-1), 'cancelled');
});

test('a MediaRecorder that still waits for sound is told that none will come, before it is stopped (Firefox)', async () => {
  const rec = recorder();
  const given = camera();
  await rec.start(given);
  const [media] = medias;
  await new Promise((resolve) => setTimeout(resolve, 1100)); // and nothing was delivered
  void rec.stop();
  const [sound] = media.stream.getAudioTracks();
  assert.deepEqual([sound.readyState, given.getAudioTracks()[0].readyState, media.state], ['ended', 'live', 'recording']);
  media.data(12);
  assert.equal(media.state, 'inactive', 'it is stopped as soon as it delivers');
  await until(() => workers[0].asked('end'));
});

test('a MediaRecorder that never delivers is stopped all the same', async () => {
  const rec = recorder();
  await rec.start(camera());
  await new Promise((resolve) => setTimeout(resolve, 1100));
  void rec.stop();
  await until(() => medias[0].state === 'inactive');
});

async function until(check) {
  for (let left = 1000; !check(); left--) {
    assert.ok(left > 0, 'waited in vain');
    await turn();
  }
}
