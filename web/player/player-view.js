/**
 * One recording, seen: it waits for one that is still made, plays from URLs that run out, and says in words what is wrong.
 */

import { sleep } from '../base/backoff.js';
import { h, icon, path } from '../pages/h.js';
import { unknownTo } from './codec-words.js';
import { mayPlay } from './may-play.js';
import { fetchRecording, PlaybackError } from './playback.js';
import { RenewingPlayer } from './renewing-player.js';

/**
 * @typedef {import('./playback.js').Recording} Recording
 * @typedef {{broker: string, id: string, token: string}} Source token: a share token, or a grant of the owner; '' for none
 */

const POLL_MS = 2000;
const SLOW_POLL_MS = 10_000;

/** @param {import('../messages/words.js').Words<'watch'>} words @returns {HTMLElement} the frame */
export function buildPlayer(words) {
  const frame = h('div', { class: 'player', part: 'frame', 'data-state': 'loading' },
    h('div', { class: 'stage', id: 'stage', part: 'stage', 'data-in': 'loading waiting ready' },
      h('video', { id: 'video', part: 'video', controls: true, playsinline: true, preload: 'metadata', 'aria-label': words.text('untitled'), hidden: true }),
      h('canvas', { id: 'still', 'aria-hidden': 'true', hidden: true }),
      h('span', { id: 'sound-only', hidden: true }, icon('icon', path('M3 11v2M7 8v8M11 5v14M15 8v8M19 10v4'))),
      h('span', { class: 'spinner', 'aria-hidden': 'true', 'data-in': 'loading waiting' })),
    h('div', { id: 'message', class: 'message', part: 'message', role: 'status', 'aria-live': 'polite', hidden: true }));
  return /** @type {HTMLElement} */ (frame);
}

export class PlayerView {
  #view;
  #tell;
  /** @type {AbortController | null} of what is shown now */
  #showing = null;
  /** @type {RenewingPlayer | null} */
  #player = null;

  /**
   * @param {import('../pages/shadow-view.js').ShadowView<'watch'>} view
   * @param {(name: 'ready' | 'failed', detail: object) => void} tell
   */
  constructor(view, tell) {
    this.#view = view;
    this.#tell = tell;
    this.video = view.byId('video', HTMLVideoElement);
  }

  /** In place of what it showed. @param {Source} source */
  async show(source) {
    this.close();
    const { signal } = this.#showing = new AbortController();
    this.#view.showState('loading');
    try {
      const { answer, waited } = await this.#whenReady(source, signal);
      if (!signal.aborted) this.#present(source, answer, waited, signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  close() {
    this.#showing?.abort();
    this.#player?.close();
    this.#player = null;
    this.video.pause();
    this.video.removeAttribute('src');
    this.video.removeAttribute('poster');
    this.video.load(); // without it the element plays on what it had
    this.video.hidden = true;
    this.#view.showMessage(null);
  }

  /** @param {Source} source @param {AbortSignal} signal */
  async #whenReady(source, signal) {
    for (let polls = 0; ; polls++) {
      try {
        return { answer: await this.#ask(source, signal), waited: polls > 0 };
      } catch (error) {
        if (!(error instanceof PlaybackError) || error.status !== 409 || signal.aborted) throw error;
        this.#view.showState('waiting');
        const { safeBytes = 0 } = error;
        const { words } = this.#view;
        const text = safeBytes > 0 ? words.text('savedSoFar', { bytes: words.bytes(safeBytes) }) : words.text('startsByItself');
        this.#view.showMessage({ title: words.text('stillRecorded'), text });
        const slower = Math.min(SLOW_POLL_MS, POLL_MS * 1.2 ** polls);
        await sleep(Math.max(error.retryAfterMs ?? 0, slower), { wake: globalThis, signal });
      }
    }
  }

  /** @param {Source} source @param {AbortSignal} signal */
  #ask({ broker, id, token }, signal) {
    return fetchRecording(id, token, { broker, signal, onTrouble: () => this.#view.showMessage(this.#view.words.message('slow', 'warning')) });
  }

  /**
   * @param {Source} source
   * @param {Awaited<ReturnType<typeof fetchRecording>>} answer
   * @param {boolean} waited it was still being recorded: start by itself
   * @param {AbortSignal} signal
   */
  #present(source, { recording, lease }, waited, signal) {
    const { video } = this;
    const { words } = this.#view;
    const sound = recording.content_type.startsWith('audio/');
    this.#view.byId('stage', HTMLElement).dataset.kind = sound ? 'audio' : 'video';
    this.#view.byId('sound-only', HTMLElement).hidden = !sound;
    if (recording.poster_url && !sound) video.poster = recording.poster_url;
    video.ariaLabel = recording.title || recording.name || words.text('untitled');
    video.hidden = false;
    this.#view.showMessage(null);
    this.#view.showState('ready');
    const cannotPlay = () => this.#view.showMessage(words.message('unplayable', 'warning', { what: unknownTo(video, recording.content_type, words) }));
    this.#player = new RenewingPlayer({
      video, still: this.#view.byId('still', HTMLCanvasElement), lease,
      fetchLease: async () => (await this.#ask(source, signal)).lease,
      onFailed: (error) => { if (!signal.aborted) error instanceof PlaybackError ? this.#fail(error) : cannotPlay(); },
    });
    if (!mayPlay(video, recording.content_type)) cannotPlay();
    else if (waited) video.play().catch(() => this.#view.showMessage(words.message('pressPlay'))); // browsers may want a click first
    this.#tell('ready', { id: source.id, name: recording.title || recording.name || '', size: recording.size, contentType: recording.content_type, createdAt: recording.created_at ?? '' });
  }

  /** @param {unknown} error */
  #fail(error) {
    this.close();
    this.#view.showState('failed');
    const { words } = this.#view;
    if (!(error instanceof PlaybackError)) {
      this.#view.showMessage({ ...words.message('unexpected', 'error'), code: String(error) });
      return this.#tell('failed', { code: 'internal', status: 0 });
    }
    const { code, reason, requestId, status } = error;
    const facts = [code, reason, requestId && `request ${requestId}`].filter(Boolean).join(' · ');
    this.#view.showMessage({ ...words.message(wordsFor(error), 'error'), code: facts });
    this.#tell('failed', { code, reason, status });
  }
}

/** @param {PlaybackError} error @returns {'ended' | 'ownerOnly' | 'incomplete' | 'discarded' | 'notFound' | 'unexpected'} */
function wordsFor({ status, reason }) {
  if (reason === 'link-expired' || reason === 'link-revoked') return 'ended';
  if (reason === 'owner-only') return 'ownerOnly';
  if ([400, 401, 403].includes(status)) return 'incomplete';
  if (reason === 'aborted' || reason === 'aborting') return 'discarded';
  return status === 404 || status === 410 ? 'notFound' : 'unexpected';
}
