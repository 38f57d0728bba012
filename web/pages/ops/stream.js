/**
 * Server-Sent Events read from a fetch, which can send a credential where EventSource cannot:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html (read 2026-11-22).
 */

import { backoffMs, childOf, retryAfterMs, sleep } from '../../base/backoff.js';

/** The broker says something every 15 s. A stream that is silent for so long is dead, whatever the network thinks. */
const SILENT_MS = 40_000;
/** restMs comes before every try: a broker that ends each stream at once is not to be hammered. */
const TIMING = { restMs: 500, retryBaseMs: 1000, retryCapMs: 30_000, silentMs: SILENT_MS };
/** An event with 10,000 missing parts has 60 kB. */
const LONGEST_LINE = 1 << 20;

/**
 * @typedef {object} StreamEvent
 * @property {string} id '' where it has none
 * @property {string} type
 * @property {string} data
 */

/**
 * The events in a stream of bytes. Lines end with LF or CR LF; the lone CR that the standard allows too, no broker of
 * ours sends.
 *
 * @param {AsyncIterable<Uint8Array>} bytes
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* readEvents(bytes) {
  let event = { id: '', type: '', data: '' };
  for await (const line of lines(bytes)) {
    if (line === '') {
      if (event.data) yield { ...event, type: event.type || 'message', data: event.data.slice(0, -1) };
      event = { id: event.id, type: '', data: '' }; // the id stays until there is another
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'id' && !value.includes('\0')) event.id = value;
    else if (field === 'event') event.type = value;
    else if (field === 'data') event.data += `${value}\n`;
  }
}

/** @param {AsyncIterable<Uint8Array>} bytes */
async function* lines(bytes) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of bytes) {
    const found = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = found.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error('this is no stream of events');
    for (const line of found) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}

/**
 * Follows a stream until the signal ends it, and comes back to where it was whenever the stream breaks off.
 *
 * @param {object} how
 * @param {(how: {lastEventId: string, signal: AbortSignal}) => Promise<Response>} how.open
 * @param {(event: StreamEvent) => void} how.onEvent
 * @param {(open: boolean) => void} how.onChange whether events are being heard
 * @param {AbortSignal} how.signal
 * @param {EventTarget} [how.wake] its `online` ends a wait
 * @param {typeof TIMING} [how.timing]
 */
export async function follow({ open, onEvent, onChange, signal, wake, timing = TIMING }) {
  let lastEventId = '';
  let failures = 0;
  while (!signal.aborted) {
    const attempt = childOf(signal);
    const silence = timeout(timing.silentMs, () => attempt.abort(new Error('nothing was heard')));
    let wish;
    try {
      const response = await open({ lastEventId, signal: attempt.signal });
      wish = retryAfterMs(response.headers.get('Retry-After'));
      if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
      failures = 0;
      onChange(true);
      for await (const event of readEvents(heard(response.body, silence.restart))) {
        if (event.id) lastEventId = event.id;
        onEvent(event);
      }
    } catch {
      // Why is no matter: the list, which is the truth, is asked by the same page and says what is wrong.
    }
    silence.clear();
    attempt.abort(); // lets go of a connection that nobody reads any more
    attempt.release();
    if (signal.aborted) return;
    onChange(false);
    failures++;
    const ms = timing.restMs + backoffMs(failures, timing, { retryAfterMs: wish });
    await sleep(ms, { signal, wake }).catch(() => {});
  }
}

/**
 * The pieces of a body; not every browser's ReadableStream can be iterated over.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} onPiece
 */
async function* heard(body, onPiece) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onPiece();
    yield value;
  }
}

/** @param {number} ms @param {() => void} act */
function timeout(ms, act) {
  let timer = setTimeout(act, ms);
  return {
    restart: () => { clearTimeout(timer); timer = setTimeout(act, ms); },
    clear: () => clearTimeout(timer),
  };
}
