/**
 * The operators' page, `/ops`: every session and every orphan, live, and the end of each.
 *
 * States: `locked`, `checking` (the key is being tried), `open`. The list is the truth and is asked for every few
 * seconds; an event is only a hint to ask sooner.
 */

import { asRecorderError } from '../../base/errors.js';
import { brokerUrl } from '../broker-url.js';
import { errorMessage } from '../error-words.js';
import { abortOrphan, abortSession, salvageSession } from './acts.js';
import { canBeKey, OpsClient } from './client.js';
import { stopConfirming } from './confirm.js';
import { DetailsView } from './details.js';
import { Freshness } from './freshness.js';
import { OrphansView } from './orphans.js';
import { Refresher } from './refresher.js';
import { SessionsView } from './sessions.js';
import { follow } from './stream.js';
import { strings } from './strings.js';
import { makeTabs } from './tabs.js';
import { byId, showMessage, showState } from '../page-state.js';

const EVERY_MS = 5000;
const AFTER_EVENT_MS = 500;

const $ = {
  unlock: byId('unlock', HTMLFormElement),
  key: byId('key', HTMLInputElement),
  open: byId('open', HTMLButtonElement),
  forget: byId('forget', HTMLButtonElement),
  dismiss: byId('dismiss', HTMLButtonElement),
  tabs: byId('tabs', HTMLElement),
  firstTab: byId('tab-sessions', HTMLElement),
  headline: byId('headline', HTMLElement),
  said: byId('said', HTMLElement),
};

/** @type {OpsClient | null} null while the page is locked */
let client = null;
/** Aborted when the page is locked, with all that is on its way. */
let following = new AbortController();

const freshness = new Freshness({ everyMs: EVERY_MS });
const refresher = new Refresher(refresh, { everyMs: EVERY_MS, restMs: AFTER_EVENT_MS });
const sessions = new SessionsView({ wanted: () => void wanted(), open: (id, opener) => void openDetails(id, opener), copy: (id) => void copy(id) });
const details = new DetailsView({
  salvage: (session) => void act((api) => salvageSession(api, session)),
  abort: (session) => void act((api) => abortSession(api, session)),
  copy: (id) => void copy(id),
  closed: () => { sessions.chosen = ''; },
});
const orphans = new OrphansView({ wanted: () => void lookForOrphans(), abort: (orphan) => void actOnOrphan(orphan) });

makeTabs($.tabs, (panel) => { if (panel === 'orphans') void lookForOrphans(); });
$.unlock.addEventListener('submit', (event) => { event.preventDefault(); void unlock(); });
$.forget.addEventListener('click', () => { lock(); showMessage(strings.forgotten); });
$.dismiss.addEventListener('click', () => showMessage(null));
addEventListener('pagehide', lock); // a page that is kept for the Back button keeps no key
document.addEventListener('visibilitychange', () => {
  if (document.hidden) refresher.stop();
  else if (client) void refresher.now();
});
setInterval(() => sessions.tick(), 1000);
showState('locked');
$.key.focus();

/** Takes the key out of its field and tries it. */
async function unlock() {
  const key = $.key.value.trim();
  $.key.value = '';
  if (!canBeKey(key)) return showMessage(strings.noKey);
  showMessage(null);
  showChecking(true);
  const tried = new OpsClient({ key, broker: brokerUrl(location.href) });
  try {
    await sessions.refresh(tried);
  } catch (error) {
    showChecking(false);
    showMessage(errorMessage(asRecorderError(error), strings.errors));
    return $.key.focus();
  }
  showChecking(false);
  begin(tried);
}

/** @param {boolean} is */
function showChecking(is) {
  showState(is ? 'checking' : 'locked');
  $.key.disabled = $.open.disabled = is;
  $.open.textContent = is ? strings.checking : strings.open;
}

/** @param {OpsClient} opened */
function begin(opened) {
  client = opened;
  showState('open');
  freshness.streaming = false;
  freshness.answered();
  $.headline.focus();
  $.said.textContent = sessions.words;
  following = new AbortController();
  void follow({
    open: (how) => opened.events(how),
    onEvent: () => refresher.hint(),
    onChange: (is) => { freshness.streaming = is; },
    signal: following.signal,
    wake: globalThis,
  });
  void refresher.now();
}

/** Forgets the key and all that it showed. */
function lock() {
  client = null;
  following.abort();
  refresher.stop();
  stopConfirming();
  details.close();
  sessions.clear();
  orphans.clear();
  $.firstTab.click();
  showMessage(null);
  showState('locked');
  $.key.focus();
}

/** @param {AbortSignal} signal */
async function refresh(signal) {
  if (!client) return;
  try {
    await sessions.refresh(client, signal);
    await details.refresh(client, signal).catch(vanished);
    freshness.answered();
  } catch (error) {
    if (!signal.aborted) failed(error);
  }
}

/** A session that is gone takes its details along; any other trouble is everybody's. @param {unknown} error */
function vanished(error) {
  if (asRecorderError(error).code !== 'not-found') throw error;
  showMessage(errorMessage(error, strings.errors));
  details.close();
}

/** What was shown stays. A key that is no longer good, or that lost its scope, ends the show. @param {unknown} thrown */
function failed(thrown) {
  const error = asRecorderError(thrown);
  if (!['unauthorized', 'forbidden', 'invalid'].includes(error.code)) return freshness.failed(error);
  if (error.code !== 'invalid') lock();
  showMessage(errorMessage(error, strings.errors));
}

/** Another page, or other sessions. */
async function wanted() {
  await refresher.now();
  $.said.textContent = sessions.words;
}

/** @param {string} id @param {HTMLElement} opener */
async function openDetails(id, opener) {
  if (!client) return;
  sessions.chosen = id;
  const { signal } = following;
  await details.open(id, opener, client, signal).catch((error) => {
    if (signal.aborted) return;
    details.close();
    showMessage(errorMessage(error, strings.errors));
  });
}

async function lookForOrphans() {
  if (!client) return;
  const { signal } = following;
  try {
    await orphans.refresh(client, signal);
    $.said.textContent = orphans.words;
  } catch (error) {
    if (!signal.aborted) showMessage(errorMessage(error, strings.errors));
  }
}

/**
 * Does something to the session that is shown, and shows what became of it.
 *
 * @param {(api: OpsClient) => Promise<import('../page-state.js').Message | null>} what null: thought better of
 */
async function act(what) {
  const api = client;
  if (!api) return;
  const told = await what(api);
  if (!told || client !== api) return;
  showMessage(told);
  await refresher.now();
  details.focus();
}

/** @param {import('./wire.js').Orphan} orphan */
async function actOnOrphan(orphan) {
  const api = client;
  if (!api) return;
  const told = await abortOrphan(api, orphan);
  if (!told || client !== api) return;
  showMessage(told);
  await lookForOrphans();
  orphans.focus();
}

/** @param {string} id */
async function copy(id) {
  const copied = await navigator.clipboard.writeText(id).then(() => true, () => false);
  showMessage({ text: copied ? strings.copied : strings.copyYourself, code: id });
}
