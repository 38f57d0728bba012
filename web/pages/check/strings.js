/**
 * Everything that check.js says. A translation is another object of this shape, and check.html in that language.
 */

export const strings = {
  looking: { text: 'Looking at this browser …' },
  ready: (/** @type {number} */ seconds) => `Record ${seconds} seconds`,
  recording: { text: 'Recording. Move a little, and say something.' },
  saving: { text: 'Saving the rest …' },
  playing: { text: 'Playing what was recorded …' },
  done: { title: 'Done', text: 'The report is below. Please send it, whatever it says: where something failed, it is of most use.' },
  failed: (/** @type {string} */ what) => ({ kind: /** @type {const} */ ('error'), title: 'Something failed', text: `${what} The report says what, and is worth sending.` }),
  noGrant: { kind: /** @type {const} */ ('error'), title: 'This broker gives this page no grant', text: 'The check is a page of broker-dev.' },
  copied: 'Copied.',
  notCopied: 'This browser did not let it be copied. Download it instead.',
  seconds: (/** @type {number} */ ms) => `${(ms / 1000).toFixed(2)} s`,
  nothingBegins: '…',
  written: { mimeType: 'Type', timesliceMs: 'Slices asked for', sizes: 'In all', outline: 'As it was written', stored: 'As it is stored', slices: (/** @type {number} */ count, /** @type {string} */ bytes) => `${count} slices, ${bytes}` },
  played: {
    mayPlay: 'canPlayType', metadata: 'Metadata after', duration: 'Length', size: 'Picture', began: 'Plays after', sought: 'Seeks to 80 % in', poster: 'Poster', error: 'Error',
    recorded: (/** @type {string} */ said, /** @type {string} */ recorded) => `${said}, recorded ${recorded}`, yes: 'yes', no: 'no', nothing: '–',
  },
};
