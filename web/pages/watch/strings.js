/**
 * Everything that watch.js says. A translation is another object of this shape, and watch.html in that language.
 */

export const strings = {
  pageTitle: (/** @type {string} */ what) => `${what} · Slipway`,
  untitled: 'Recording',
  facts: (/** @type {string[]} */ facts) => facts.join(' · '),

  waiting: (/** @type {string} */ bytes) => ({
    title: 'This is still being recorded',
    text: bytes ? `${bytes} are saved so far. It starts here by itself as soon as it is saved.` : 'It starts here by itself as soon as it is saved.',
  }),
  pressPlay: { text: 'It is saved now. Press play.' },
  slow: { kind: /** @type {const} */ ('warning'), title: 'The broker does not answer', text: 'This page keeps trying.' },
  incomplete: { kind: /** @type {const} */ ('error'), title: 'This link is incomplete', text: 'A part of it is missing or was changed. Copy the whole link, from https to its end, and open it again.' },
  ended: { kind: /** @type {const} */ ('error'), title: 'This link has ended', text: 'Whoever sent it let it run out, or took it back. Ask them for another one.' },
  ownerOnly: { kind: /** @type {const} */ ('error'), title: 'Only its owner may watch this', text: 'Links to recordings do not count here. Open it from where you recorded it, or ask whoever did.' },
  notFound: { kind: /** @type {const} */ ('error'), title: 'There is no such recording, or it was deleted', text: 'Ask whoever sent you the link.' },
  discarded: { kind: /** @type {const} */ ('error'), title: 'This recording was discarded', text: 'It was never saved. Ask whoever sent you the link.' },
  unexpected: { kind: /** @type {const} */ ('error'), title: 'The recording cannot be shown', text: 'The broker gave an answer this page does not understand. Try again later.' },
  unplayable: (/** @type {string} */ what) => ({
    kind: /** @type {const} */ ('warning'), title: `This browser cannot play ${what}`,
    text: 'The recording itself is saved and whole. Download it and open the file in another player, or open this link in another browser or on another device.',
  }),
  downloading: (/** @type {number} */ share) => `Downloading ${new Intl.NumberFormat(undefined, { style: 'percent' }).format(share)}`,
  download: 'Download',

  speed: (/** @type {number} */ speed) => `${new Intl.NumberFormat().format(speed)}×`,
  captions: 'Captions',
  copyLinkAt: (/** @type {string} */ time) => (time ? `Copy link at ${time}` : 'Copy link'),
  copyEmbed: 'Copy lines to embed',
  copied: 'Copied',
  linkLabel: 'Copy this link',
  embedLabel: 'Copy these lines into your page',
};
