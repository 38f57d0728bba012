/**
 * Everything that the ops page's scripts say. A translation is another object of this shape, and ops.html in that
 * language.
 */

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${new Intl.NumberFormat().format(n)} ${n === 1 ? one : many}`;

export const strings = {
  open: 'Open',
  checking: 'Checking…',
  noKey: { kind: /** @type {const} */ ('error'), title: 'This cannot be an API key', text: 'One begins with sk_ and has no spaces. “broker keys new” makes one.' },
  forgotten: { text: 'The key is forgotten.' },

  live: 'Live',
  polling: (/** @type {number} */ seconds) => `Every ${seconds} s`,
  pollingHint: 'The stream of events is interrupted; the list is still asked for regularly.',
  stale: 'Stale',
  staleSince: (/** @type {string} */ why, /** @type {string} */ time) => `${why} What you see is from ${time}. This page keeps trying.`,
  staleBecause: /** @type {Record<string, string>} */ ({
    'unavailable redis': 'The broker runs, but its Redis does not answer.',
    'unavailable s3': 'The broker runs, but S3 does not answer it.',
    'unavailable': 'The broker is busy.',
    'limited': 'The broker takes no more calls for now.',
    'offline': 'The broker does not answer.',
    'internal': 'The broker made a mistake.',
    'unknown': 'The broker gave an answer that this page does not understand.',
  }),

  states: /** @type {Record<import('./wire.js').State, string>} */ ({
    open: 'Open', completing: 'Completing', completed: 'Completed', aborting: 'Aborting', aborted: 'Aborted', deleted: 'Deleted',
  }),
  salvaged: 'Salvaged',
  unnamed: 'Without a name',
  nobody: 'Unknown',
  progress: (/** @type {number} */ parts, /** @type {string} */ bytes) => (parts > 0 ? `${count(parts, 'part', 'parts')}, ${bytes}` : 'Nothing yet'),
  columns: { state: 'State', name: 'Name', owner: 'Owner', progress: 'Reported', idle: 'Idle', age: 'Age', id: 'ID' },
  copy: 'Copy',
  copied: 'Copied',
  copyID: (/** @type {string} */ name) => `Copy the ID of ${name}`,
  copyThisID: 'Copy the ID',
  copyYourself: 'This browser does not let the page copy. Select the ID here.',

  page: (/** @type {number} */ n) => `Page ${new Intl.NumberFormat().format(n)}`,
  rows: (/** @type {number} */ n) => count(n, 'session on this page', 'sessions on this page'),
  noSessions: 'No session is under way.',
  noMatch: 'No session matches.',
  noneHere: 'There is nothing on this page any more.',
  unreadable: (/** @type {string[]} */ ids) => `This broker cannot read the records of ${ids.join(', ')}. A newer broker may have written them.`,

  details: {
    state: 'State', owner: 'Owner', id: 'ID', inS3: 'In S3', reported: 'Reported', missing: 'Missing parts', size: 'Size', type: 'Content type',
    opened: 'Opened', active: 'Last sign of life', revision: 'Revision', limit: 'Largest size', abandon: 'If abandoned', checksum: 'Checksum',
  },
  ago: (/** @type {string} */ date, /** @type {string} */ span) => `${date} (${span} ago)`,
  nothingMissing: 'None',
  andMore: (/** @type {number} */ n) => `and ${new Intl.NumberFormat().format(n)} more`,
  abandon: { salvage: 'Salvaged', abort: 'Aborted' },
  checksums: { none: 'None', sha256: 'SHA-256', crc32c: 'CRC32C', md5: 'MD5' },
  watch: 'Watch',
  close: 'Close',

  cancel: 'Cancel',
  typeToConfirm: (/** @type {string} */ proof) => `To confirm, type ${proof}`,
  salvage: {
    title: 'Salvage this session?',
    text: 'The recording is completed from the parts that have arrived. Its recorder, if it is still there, cannot add to it any more and uploads the whole recording anew.',
    yes: 'Salvage',
  },
  abort: {
    title: 'Abort this session?',
    text: 'What has arrived of this recording is destroyed, and nobody can bring it back. To keep what there is, salvage it.',
    yes: 'Destroy the recording',
  },
  abortOrphan: {
    title: 'Abort this upload?',
    text: 'The parts it holds are destroyed, and nobody can bring them back.',
    yes: 'Destroy the parts',
  },
  dialog: { recording: 'Recording', owner: 'Owner', arrived: 'Arrived', holds: 'Holds', missing: 'Missing', id: 'ID', key: 'Key', upload: 'Upload ID', why: 'Why', cost: 'Costs' },

  asked: { text: 'The broker is asked to do it…' },
  salvageDone: (/** @type {string} */ bytes, /** @type {number} */ missing) => ({
    kind: /** @type {'warning' | 'info'} */ (missing > 0 ? 'warning' : 'info'), title: 'Salvaged',
    text: `${bytes} are a recording now${missing > 0 ? `; ${count(missing, 'part is', 'parts are')} missing in it` : ''}.`,
  }),
  abortDone: { title: 'Aborted', text: 'Its parts are freed.' },
  underWay: { title: 'Under way', text: 'S3 takes its time. The broker finishes it, whether this page stays open or not.' },
  moved: {
    kind: /** @type {const} */ ('warning'), title: 'Nothing was done: the session has moved',
    text: 'It changed after it was shown to you; somebody may be recording. This is how it stands now.',
  },
  unheard: {
    kind: /** @type {const} */ ('warning'), title: 'The answer did not come',
    text: 'It may have been carried out or not. Look again when the broker answers; asking twice does no harm.',
  },

  reasons: /** @type {Record<import('./wire.js').Orphan['reason'], string>} */ ({
    'foreign-key': 'The key is none of ours',
    'forgotten': 'No record of its session',
    'other-upload': 'Its session goes on with another upload',
    'ended': 'Its session is over',
    'key-taken': 'A finished recording has the key',
    'unreadable': 'The record of its session cannot be read',
  }),
  orphanWarnings: /** @type {Partial<Record<import('./wire.js').Orphan['reason'], string>>} */ ({
    'foreign-key': 'Another program may be uploading this. Be sure that nobody is.',
    'unreadable': 'A newer broker may know this session, and somebody may be recording.',
  }),
  adoptedAt: (/** @type {string} */ date) => `May be a recording in progress. It becomes a session again by itself, ${date}.`,
  abortThis: (/** @type {string} */ key) => `Abort the upload of ${key}`,
  abortShort: 'Abort',
  orphanColumns: { key: 'Key', reason: 'Why', age: 'Age', bytes: 'Holds', cost: 'Costs a month', abort: 'Action' },
  orphanSum: (/** @type {number} */ n, /** @type {string} */ bytes, /** @type {string} */ cost) => `${count(n, 'upload', 'uploads')} on this page: ${bytes}, ${cost} a month`,
  emptyUpload: 'Nothing',
  noOrphans: 'No upload is without a session.',
  noOrphansHere: 'None on this page; go on to the next.',
  perMonth: (/** @type {string} */ cost) => `${cost} a month`,

  /** By code and field or reason, or by code. */
  errors: /** @type {Record<string, [title: string, text: string]>} */ ({
    'unauthorized': ['The broker does not know this key', 'It is mistyped, or was taken out of BROKER_API_KEYS.'],
    'forbidden scope': ['This key may not do that', 'It lacks the scope “ops”. “broker keys new NAME --scope ops” makes one that has it.'],
    'forbidden': ['This is no API key', 'Grants and tokens open recordings, not this page. An API key begins with sk_.'],
    'offline': ['The broker does not answer', 'Is it running, and is this device online?'],
    'unavailable redis': ['The broker’s Redis does not answer', 'Try again when it does. Recordings go on meanwhile.'],
    'limited': ['The broker takes no more of that for now', 'A limit is used up. Try again in a moment.'],
    'unavailable': ['The broker cannot do that now', 'Try again in a moment.'],
    'not-found lost': ['The recording is lost', 'S3 knows neither its upload nor an object.'],
    'not-found': ['There is no such session any more', 'It ended, and its record has run out.'],
    'conflict empty': ['Nothing was done: there is nothing to salvage', 'No part has arrived. Abort the session instead.'],
    'conflict completed': ['Nothing was done: it is completed', 'The recording was finished meanwhile.'],
    'conflict salvaged': ['Nothing was done: it was salvaged', 'The recording was put together meanwhile.'],
    'conflict completing': ['Nothing was done: it is being completed', 'Somebody, or its recorder, is finishing it at this moment.'],
    'conflict aborted': ['Nothing was done: it was aborted', 'Somebody aborted it meanwhile.'],
    'conflict deleted': ['Nothing was done: it was deleted', 'The recording is gone.'],
    'conflict in-use': ['Nothing was done: a session has this upload', 'Abort the session instead.'],
    'conflict forgotten': ['Nothing was done: it may be a recording in progress', 'It becomes a session again by itself; abort that.'],
    'conflict s3-refused': ['S3 refused to put the parts together', 'The session is open as before.'],
    'conflict': ['Nothing was done', 'The session’s state forbids it now.'],
    'precondition-failed': ['Nothing was done: the session changed meanwhile', 'Look at it again.'],
    'too-large': ['The broker does not take so long a request', 'Is this page older than the broker? Reload it.'],
    'invalid': ['The broker does not understand this request', 'Is this page older than the broker? Reload it.'],
    'internal': ['Something went wrong', 'The broker’s log knows more.'],
  }),
};
