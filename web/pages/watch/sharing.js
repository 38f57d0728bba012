/**
 * The link at this moment, and the lines that embed the player. Each is copied; where the browser does not allow that, it
 * stands in a field to be copied by hand.
 */

import { brokerUrl } from '../broker-url.js';
import { copyText } from '../copy.js';
import { formatDuration } from '../format.js';
import { byId } from '../page-state.js';
import { mayBeShared, writeFragment } from './fragment.js';

const COPIED_MS = 2500;

/**
 * @param {HTMLVideoElement} player
 * @param {{id: string, token: string, title: string}} recording
 * @param {typeof import('./strings.js').strings} strings
 */
export function offerSharing(player, { id, token, title }, strings) {
  if (!mayBeShared(token)) return;
  const $ = {
    link: byId('copy-link', HTMLButtonElement), embed: byId('copy-embed', HTMLButtonElement),
    row: byId('by-hand', HTMLElement), field: byId('to-copy', HTMLInputElement), label: byId('to-copy-label', HTMLElement), said: byId('copied', HTMLElement),
  };
  const broker = brokerUrl(location.href);

  /** @param {HTMLButtonElement} button @param {string} text @param {string} label @param {() => string} words of the button */
  const copy = async (button, text, label, words) => {
    $.field.value = text;
    $.label.textContent = label;
    $.row.hidden = false; // a field that is not shown cannot be selected
    $.row.hidden = await copyText($.field);
    if (!$.row.hidden) return;
    button.textContent = $.said.textContent = strings.copied;
    setTimeout(() => { button.textContent = words(); $.said.textContent = ''; }, COPIED_MS);
  };
  const linkWords = () => strings.copyLinkAt(player.currentTime >= 1 ? formatDuration(player.currentTime * 1000) : '');
  const embedWords = () => strings.copyEmbed;

  $.link.hidden = false;
  $.link.textContent = linkWords();
  player.addEventListener('timeupdate', () => { if ($.link.textContent !== strings.copied) $.link.textContent = linkWords(); });
  $.link.addEventListener('click', () => void copy($.link, linkOf(broker, { id, token, at: player.currentTime }), strings.linkLabel, linkWords));
  $.embed.addEventListener('click', () => void copy($.embed, embedLines(broker, { id, token, title }), strings.embedLabel, embedWords));
  void mayEmbed(broker).then((may) => { $.embed.hidden = !may; });
}

/** @param {string} broker @param {{id: string, token: string, at: number}} what */
function linkOf(broker, { id, ...fragment }) {
  return `${broker}/watch/${id}${writeFragment(fragment)}`;
}

/**
 * @param {string} broker
 * @param {{id: string, token: string, title: string}} recording
 * @returns {string} HTML
 */
export function embedLines(broker, { id, token, title }) {
  const src = `${broker}/embed/${id}${writeFragment({ token, at: 0 })}`;
  return `<iframe src="${escaped(src)}" width="1280" height="720" allow="fullscreen; picture-in-picture; autoplay" title="${escaped(title)}"></iframe>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Whether there is a player for other pages. @param {string} broker @returns {Promise<boolean>} */
async function mayEmbed(broker) {
  try {
    const response = await fetch(`${broker}/v1/page`, { credentials: 'omit', signal: AbortSignal.timeout(10_000) });
    return response.ok && (await response.json()).embed === true;
  } catch {
    return false;
  }
}
