/**
 * The watch page: `/watch/{id}#{share token}`. The fragment reaches no server but in the Authorization header of our
 * own calls. An owner's grant may stand in its place; and nothing, where whoever knows the ID may watch. `&t=1m30s` says
 * where to start. At `/embed/{id}` it is the player alone, in a frame of another page.
 *
 * States: `loading`, `waiting` (still being recorded), `ready`, `failed`.
 */

import { sleep } from '../../base/backoff.js';
import { FETCHED_AT_MOST, fileNameFor, saveFile } from './download.js';
import { addCaptions } from './captions.js';
import { unknownTo } from '../../player/codec-words.js';
import { readFragment } from './fragment.js';
import { answerKeys } from './keys.js';
import { mayPlay } from '../../player/may-play.js';
import { byId, showMessage, showState } from '../page-state.js';
import { fetchRecording, PlaybackError } from '../../player/playback.js';
import { RenewingPlayer } from '../../player/renewing-player.js';
import { offerSharing } from './sharing.js';
import { offerSpeeds } from './speed.js';
import { strings, words as said } from './strings.js';

const $ = {
  title: byId('title', HTMLElement),
  facts: byId('facts', HTMLElement),
  stage: byId('stage', HTMLElement),
  player: byId('player', HTMLVideoElement),
  still: byId('still', HTMLCanvasElement),
  soundOnly: byId('sound-only', SVGElement),
  speed: byId('speed', HTMLSelectElement),
  download: byId('download', HTMLAnchorElement),
  again: byId('again', HTMLButtonElement),
};

/** Polls wait at least this, and after a while this at most. */
const POLL_MS = 2000;
const SLOW_POLL_MS = 10_000;

const [where, id = ''] = location.pathname.split('/').slice(-2);
const { token, at } = readFragment(location.hash);

document.body.classList.toggle('embed', where === 'embed');
addEventListener('hashchange', () => {
  const now = readFragment(location.hash);
  if (now.token !== token) location.reload(); // somebody pasted the whole link
  else $.player.currentTime = now.at;
});
$.again.addEventListener('click', () => location.reload());
await begin();

async function begin() {
  showState('loading');
  try {
    const { answer, waited } = await whenReady();
    present(answer, waited);
  } catch (error) {
    fail(error);
  }
}

/** Asks until the recording is there. @returns {Promise<{answer: Awaited<ReturnType<typeof ask>>, waited: boolean}>} */
async function whenReady() {
  for (let polls = 0; ; polls++) {
    try {
      return { answer: await ask(), waited: polls > 0 };
    } catch (error) {
      if (!(error instanceof PlaybackError) || error.status !== 409) throw error;
      showState('waiting');
      showMessage(strings.waiting(safeBytes(error)));
      const slower = Math.min(SLOW_POLL_MS, POLL_MS * 1.2 ** polls);
      await sleep(Math.max(error.retryAfterMs ?? 0, slower), { wake: globalThis });
    }
  }
}

function ask() {
  return fetchRecording(id, token, { onTrouble: () => showMessage(strings.slow) });
}

/** @param {PlaybackError} error @returns {string} */
function safeBytes({ safeBytes: bytes = 0 }) {
  return bytes > 0 ? said.bytes(bytes) : '';
}

/**
 * @param {Awaited<ReturnType<typeof ask>>} answer
 * @param {boolean} waited it was still being recorded when the page was opened: start by itself
 */
function present({ recording, lease }, waited) {
  const { content_type: type, size, created_at: createdAt, poster_url: poster, captions_url: captions } = recording;
  const title = titleOf(recording);
  $.title.textContent = title;
  document.title = strings.pageTitle(title);
  $.facts.textContent = strings.facts([createdAt ? said.date(createdAt) : '', said.bytes(size)].filter(Boolean));
  const sound = type.startsWith('audio/');
  $.stage.dataset.kind = sound ? 'audio' : 'video';
  $.soundOnly.toggleAttribute('hidden', !sound);
  if (poster && !sound) $.player.poster = poster;
  $.player.hidden = false;
  showMessage(null);
  showState('ready');

  const player = new RenewingPlayer({
    video: $.player, still: $.still, lease,
    fetchLease: async () => {
      const { lease: fresh } = await ask();
      showMessage(null);
      $.download.href = fresh.url;
      return fresh;
    },
    onFailed: (error) => (error instanceof PlaybackError ? fail(error) : cannotPlay(type)),
  });
  if (at > 0) $.player.addEventListener('loadedmetadata', () => startAt(at), { once: true });
  if (captions) void addCaptions($.player, captions, strings.captions);
  offerSpeeds($.speed, $.player, strings.speed);
  answerKeys($.player, $.stage);
  offerSharing($.player, { id, token, title }, strings);
  offerDownload(player, recording);
  if (!mayPlay($.player, type)) cannotPlay(type);
  else if (waited) $.player.play().catch(() => showMessage(strings.pressPlay)); // browsers may want a click first
  $.player.addEventListener('play', () => showMessage(null), { once: true });
}

/** @param {import('../../player/playback.js').Recording} recording */
function titleOf({ title, name }) {
  return title || name || strings.untitled; // an older broker knows no title
}

/** A link may be older than a recording that is shorter now, or be written by hand. @param {number} seconds */
function startAt(seconds) {
  const { duration } = $.player;
  $.player.currentTime = Number.isFinite(duration) ? Math.min(seconds, Math.max(0, duration - 1)) : seconds;
}

/** The download stands below. @param {string} type */
function cannotPlay(type) {
  showMessage(strings.unplayable(unknownTo($.player, type, said)));
}

/**
 * @param {RenewingPlayer} player
 * @param {import('../../player/playback.js').Recording} recording
 */
function offerDownload(player, recording) {
  const { url, content_type: type, size } = recording;
  let busy = false;
  $.download.href = url;
  $.download.download = fileNameFor(titleOf(recording), type);
  $.download.addEventListener('click', async (event) => {
    if (size > FETCHED_AT_MOST) return; // a plain link
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      $.download.href = await player.currentUrl();
      await saveFile($.download.href, $.download.download, (share) => { $.download.textContent = strings.downloading(share); });
    } catch {
      location.assign($.download.href);
    }
    $.download.textContent = strings.download;
    busy = false;
  });
}

/** @param {unknown} error */
function fail(error) {
  $.player.removeAttribute('src');
  $.player.hidden = true;
  showState('failed');
  if (!(error instanceof PlaybackError)) return showMessage({ ...strings.unexpected, code: String(error) });
  const { status, code, reason, requestId } = error;
  const facts = [code, reason, requestId && `request ${requestId}`].filter(Boolean).join(' · ');
  showMessage({ ...words(error), code: facts });
  $.again.hidden = status < 500 && status !== 409;
}

/** @param {PlaybackError} error @returns {import('../page-state.js').Message} */
function words({ status, reason }) {
  if (reason === 'link-expired' || reason === 'link-revoked') return strings.ended;
  if (reason === 'owner-only') return strings.ownerOnly;
  if ([400, 401, 403].includes(status)) return strings.incomplete;
  if (reason === 'aborted' || reason === 'aborting') return strings.discarded;
  if (status === 404 || status === 410) return strings.notFound;
  return strings.unexpected;
}
