/**
 * What operators do to a recording: asked first, done to the revision that was shown, told in words.
 */

import { asRecorderError } from '../../base/errors.js';
import { errorMessage } from '../error-words.js';
import { formatBytes } from '../format.js';
import { confirm } from './confirm.js';
import { element, theirs } from './dom.js';
import { formatRanges, formatUSD } from './format.js';
import { holdings, keyOf } from './orphans.js';
import { strings } from './strings.js';
import { showMessage } from '../page-state.js';

/**
 * @typedef {import('./client.js').OpsClient} OpsClient
 * @typedef {import('./wire.js').SessionDetails} SessionDetails
 * @typedef {import('../page-state.js').Message} Message
 */

/**
 * @param {OpsClient} client
 * @param {SessionDetails} session as it is shown
 * @returns {Promise<Message | null>} null: thought better of
 */
export async function salvageSession(client, session) {
  const { missing } = session;
  const facts = factsOf(session);
  if (missing?.length) facts.push([strings.dialog.missing, formatRanges(missing, strings.andMore)]);
  if (!await confirm({ words: strings.salvage, facts })) return null;
  return told(async () => {
    const { state, size = 0, missing: lacking = [] } = await client.salvage(session);
    return state === 'completed' ? strings.salvageDone(formatBytes(size), lacking.length) : strings.underWay;
  });
}

/**
 * @param {OpsClient} client
 * @param {SessionDetails} session as it is shown
 * @returns {Promise<Message | null>} null: thought better of
 */
export async function abortSession(client, session) {
  if (!await confirm({ words: strings.abort, facts: factsOf(session), destroys: session.id })) return null;
  return told(async () => {
    const { state } = await client.abort(session);
    return state === 'aborted' ? strings.abortDone : strings.underWay;
  });
}

/**
 * @param {OpsClient} client
 * @param {import('./wire.js').Orphan} orphan
 * @returns {Promise<Message | null>} null: thought better of
 */
export async function abortOrphan(client, orphan) {
  const words = strings.dialog;
  /** @type {[string, Node | string][]} */
  const facts = [
    [words.key, keyOf(orphan)],
    [words.why, strings.reasons[orphan.reason] ?? orphan.reason],
    [words.holds, holdings(orphan)],
    [words.cost, strings.perMonth(formatUSD(orphan.monthly_cost_usd))],
    [words.upload, element('code', {}, orphan.upload_id)],
  ];
  const warning = strings.orphanWarnings[orphan.reason];
  if (!await confirm({ words: strings.abortOrphan, facts, warning, destroys: orphan.upload_id })) return null;
  return told(async () => {
    await client.abortOrphan(orphan);
    return strings.abortDone;
  });
}

/** @param {SessionDetails} session @returns {[string, Node | string][]} */
function factsOf({ id, name, owner, parts, bytes }) {
  const words = strings.dialog;
  return [
    [words.recording, theirs(name || strings.unnamed)],
    [words.owner, owner ? theirs(owner) : strings.nobody],
    [words.arrived, strings.progress(parts.length, formatBytes(bytes))],
    [words.id, element('code', {}, id)],
  ];
}

/** @param {() => Promise<Message>} act @returns {Promise<Message>} */
async function told(act) {
  showMessage(strings.asked); // S3 may take 20 s
  try {
    return await act();
  } catch (thrown) {
    const error = asRecorderError(thrown);
    if (error.code === 'precondition-failed') return strings.moved;
    if (error.code === 'offline') return strings.unheard;
    return errorMessage(error, strings.errors);
  }
}
