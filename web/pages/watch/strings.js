/**
 * Everything that watch.js says, in the language of the person. The messages are in ../../messages.
 */

import { languageOf, loadMessages } from '../../messages/load.js';
import { Words } from '../../messages/words.js';
import { brokerUrl } from '../broker-url.js';

const { messages, lang } = await loadMessages(languageOf(), brokerUrl(location.href));

export const words = new Words('watch', messages, lang);

document.documentElement.lang = lang;
// What the HTML says in English.
for (const element of document.querySelectorAll('[data-say]')) {
  element.textContent = words.text(/** @type {keyof typeof messages.watch} */ (element.getAttribute('data-say')));
}

export const strings = {
  pageTitle: (/** @type {string} */ what) => `${what} · Slipway`,
  untitled: words.text('untitled'),
  facts: (/** @type {string[]} */ facts) => facts.join(' · '),

  waiting: (/** @type {string} */ bytes) => ({
    title: words.text('stillRecorded'), text: bytes ? words.text('savedSoFar', { bytes }) : words.text('startsByItself'),
  }),
  pressPlay: words.message('pressPlay'),
  slow: words.message('slow', 'warning'),
  incomplete: words.message('incomplete', 'error'),
  ended: words.message('ended', 'error'),
  ownerOnly: words.message('ownerOnly', 'error'),
  notFound: words.message('notFound', 'error'),
  discarded: words.message('discarded', 'error'),
  unexpected: words.message('unexpected', 'error'),
  unplayable: (/** @type {string} */ what) => words.message('unplayable', 'warning', { what }),
  downloading: (/** @type {number} */ share) => words.text('downloading', { share: words.percent(share) }),
  download: words.text('download'),

  speed: (/** @type {number} */ speed) => `${new Intl.NumberFormat(lang).format(speed)}×`,
  captions: words.text('captions'),
  copyLinkAt: (/** @type {string} */ time) => (time ? words.text('copyLinkAt', { time }) : words.text('copyLink')),
  copyEmbed: words.text('copyEmbed'),
  copied: words.text('copied'),
  linkLabel: words.text('linkLabel'),
  embedLabel: words.text('embedLabel'),
};
