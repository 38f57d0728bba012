import assert from 'node:assert/strict';
import { test } from 'node:test';
import { follow, readEvents } from '../../../pages/ops/stream.js';

const encoder = new TextEncoder();
const TIMING = { restMs: 1, retryBaseMs: 1, retryCapMs: 2, silentMs: 60_000 };

/** @param {...string} pieces */
function response(...pieces) {
  return new Response(new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  }));
}

async function all(...pieces) {
  const events = [];
  for await (const event of readEvents(response(...pieces).body)) events.push(event);
  return events;
}

test('events are read as the broker writes them, comments left out', async () => {
  assert.deepEqual(await all(':\n\nid: 7.a\nevent: opened\ndata: {"n":1}\n\n: unavailable\n\nid: 8.b\nevent: aborted\ndata: {}\n\n'), [
    { id: '7.a', type: 'opened', data: '{"n":1}' },
    { id: '8.b', type: 'aborted', data: '{}' },
  ]);
});

test('pieces may end anywhere, in the midst of a letter too', async () => {
  const text = 'id: 1\r\ndata: für\ndata:zwei\r\n\r\n';
  const bytes = encoder.encode(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const stream = (async function* () { yield bytes.subarray(0, cut); yield bytes.subarray(cut); })();
    const events = [];
    for await (const event of readEvents(stream)) events.push(event);
    assert.deepEqual(events, [{ id: '1', type: 'message', data: 'für\nzwei' }], `cut at ${cut}`);
  }
});

test('an id stays until there is another, and what the end cuts off is no event', async () => {
  assert.deepEqual((await all('id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n')).map(({ id, data }) => [id, data]), [['1', 'a'], ['1', 'b']]);
});

test('a line without end is no stream of events', async () => {
  await assert.rejects(all('x'.repeat(600_000), 'x'.repeat(600_000)), /no stream/);
});

test('a stream that breaks off is opened again after the last event that was heard', async () => {
  const ending = new AbortController();
  const asked = [], heard = [], changes = [];
  const answers = [
    () => response('id: 1.a\ndata: x\n\n', 'id: 2.b\ndata: y\n\n'),
    () => { throw new TypeError('no network'); },
    () => new Response('busy', { status: 503 }),
    () => { queueMicrotask(() => ending.abort()); return response(); },
  ];
  await follow({
    open: async ({ lastEventId }) => { asked.push(lastEventId); return answers[asked.length - 1](); },
    onEvent: ({ id }) => heard.push(id), onChange: (is) => changes.push(is), signal: ending.signal, timing: TIMING,
  });
  assert.deepEqual(asked, ['', '2.b', '2.b', '2.b']);
  assert.deepEqual(heard, ['1.a', '2.b']);
  assert.deepEqual(changes.slice(0, 4), [true, false, false, false]);
});

test('a stream that is silent for too long is given up', async () => {
  const ending = new AbortController();
  let opened = 0;
  await follow({
    open: async ({ signal }) => {
      if (++opened === 3) ending.abort();
      signal.throwIfAborted();
      return new Response(new ReadableStream({ start(controller) { signal.addEventListener('abort', () => controller.error(signal.reason)); } }));
    },
    onEvent: () => {}, onChange: () => {}, signal: ending.signal, timing: { ...TIMING, silentMs: 5 },
  });
  assert.equal(opened, 3);
});

test('what the broker asks to wait is waited', async () => {
  const ending = new AbortController();
  const times = [];
  await follow({
    open: async () => {
      times.push(performance.now());
      if (times.length === 2) ending.abort();
      return new Response('', { status: 503, headers: { 'Retry-After': '1' } });
    },
    onEvent: () => {}, onChange: () => {}, signal: ending.signal, timing: TIMING,
  });
  assert.ok(times[1] - times[0] >= 990, `${times[1] - times[0]} ms`);
});
