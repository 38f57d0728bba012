/**
 * The tree of a recorder. `data-in` names the states in which an element is shown (see page-state.js); `part` is what a page
 * may style, and `slot` where it may put something of its own.
 */

import { h, icon, path, rect } from '../pages/h.js';

const MEDIA_FILES = 'video/*,audio/*,.mov,.caf,.mka,.mkv,.mk3d,.m2ts,.mts,.ogg,.oga,.opus,.aif,.aiff,.amr';

const microphone = (/** @type {Element[]} */ ...more) => icon('icon', rect('9', '3', '6', '11', '3'), path('M5 11a7 7 0 0 0 14 0M12 18v3'), ...more);
const camera = (/** @type {Element[]} */ ...more) => icon('icon', rect('3', '6', '12', '12', '2'), path('m15 11 6-3v8l-6-3z'), ...more);
const screen = () => icon('icon', rect('3', '4', '18', '12', '2'), path('M8 20h8M12 16v4'));
const square = () => icon('icon solid', rect('6', '6', '12', '12', '2'));
const dot = () => h('span', { class: 'dot', 'aria-hidden': 'true' });

/** @param {import('../messages/words.js').Words<'record'>} words @returns {HTMLElement} the frame */
export function buildRecorder(words) {
  const t = words.text.bind(words);
  const frame = h('div', { class: 'card', part: 'frame', 'data-state': 'loading' },
    h('slot', { name: 'header' }),
    h('div', { class: 'head' },
      h('h1', { id: 'headline', part: 'headline', tabindex: '-1' }, words.group('headlines').loading),
      h('p', { class: 'clock', part: 'clock', 'data-in': 'recording paused stopping', hidden: true },
        h('span', { class: 'lamp', 'aria-hidden': 'true' }),
        h('span', { id: 'timer', role: 'timer', 'aria-label': t('time') }, '0:00'),
        h('span', { id: 'limit-time', class: 'soft' }))),
    h('p', { id: 'status', class: 'unseen', role: 'status', 'aria-live': 'polite' }),
    h('div', { id: 'message', class: 'message', part: 'message', role: 'status', 'aria-live': 'polite', hidden: true }),
    unfinished(words), sources(words), live(words), begin(words),
    h('div', { class: 'actions', 'data-in': 'counting', hidden: true },
      button('start-now', t('startNow'), 'record', {}, dot()), button('cancel-count', t('cancel'), 'quiet')),
    h('div', { class: 'actions controls', 'data-in': 'recording paused stopping', hidden: true },
      button('stop', t('stop'), 'record', { 'data-in': 'recording paused', hidden: true }, square()),
      button('pause', t('pause'), '', { 'data-in': 'recording paused', hidden: true }),
      button('discard', t('discard'), 'quiet danger')),
    safety(words),
    h('p', { id: 'summary', class: 'summary', part: 'summary', 'data-in': 'completed', hidden: true }),
    kept(words), share(words),
    h('div', { class: 'actions', 'data-in': 'uploading', hidden: true }, button('cancel-upload', t('cancel'), 'danger')),
    h('div', { class: 'actions', 'data-in': 'failed', hidden: true },
      button('retry', t('retry'), 'primary'), button('later', t('later'), '', { hidden: true }), button('give-up', t('discard'), 'quiet danger')),
    h('div', { class: 'actions', 'data-in': 'completed', hidden: true },
      h('a', { id: 'watch', class: 'button primary', part: 'button primary', target: '_blank', rel: 'noopener' }, t('watch')),
      h('a', { id: 'way-back', class: 'button', part: 'button', hidden: true }),
      button('again', t('again')), button('delete', t('delete'), 'quiet danger'),
      h('slot', { name: 'completed' })),
    h('div', { class: 'actions', 'data-in': 'blocked', hidden: true }, button('reload', t('retry'), '', { hidden: true })),
    h('slot', { name: 'footer' }),
    sure());
  return /** @type {HTMLElement} */ (frame);
}

/**
 * @param {string} id
 * @param {string} text
 * @param {string} [kind] its classes
 * @param {Record<string, string | boolean>} [more] attributes
 * @param {...Node} before the text
 */
function button(id, text, kind = '', more = {}, ...before) {
  return h('button', { type: 'button', id, class: kind, part: `button ${kind}`.trim(), ...more }, ...before, text);
}

/** @param {import('../messages/words.js').Words<'record'>} words */
function unfinished(words) {
  return h('section', { 'data-in': 'idle trying cancelled', 'aria-labelledby': 'unfinished-title', hidden: true },
    h('div', { id: 'unfinished', class: 'unfinished', part: 'unfinished', hidden: true },
      h('h2', { id: 'unfinished-title' }, words.text('unfinished')),
      h('p', { class: 'note' }, words.text('unfinishedNote')),
      h('ul', { id: 'unfinished-list' })));
}

/** @param {import('../messages/words.js').Words<'record'>} words */
function sources(words) {
  const t = words.text.bind(words);
  const tile = (/** @type {string} */ name, /** @type {Node} */ drawing, /** @type {string} */ title, /** @type {string} */ note, noteId = '') => h('label', { class: 'tile', part: 'source', id: `${name}-tile` },
    h('input', { type: 'checkbox', id: `source-${name}` }), drawing,
    h('span', { class: 'tile-name' }, title), h('span', { class: 'tile-note', ...(noteId && { id: noteId }) }, note));
  const choice = (/** @type {string} */ name, /** @type {string} */ label) => h('div', { id: `${name}-field`, hidden: true },
    h('label', { class: 'field', for: `${name}-choice` }, label), h('select', { id: `${name}-choice` }));
  return h('section', { 'data-in': 'idle trying starting cancelled', 'aria-labelledby': 'headline', hidden: true },
    h('p', { id: 'owner', class: 'owner', part: 'owner', hidden: true }),
    h('slot', { name: 'intro' }),
    h('fieldset', { class: 'sources', part: 'sources' }, h('legend', {}, t('sources')),
      tile('screen', screen(), t('screen'), t('screenNote')),
      tile('camera', camera(), t('camera'), t('cameraInstead'), 'camera-note'),
      tile('mic', microphone(), t('microphone'), t('microphoneNote'))),
    h('div', { class: 'fields' },
      choice('camera', t('whichCamera')), choice('mic', t('whichMicrophone')),
      h('div', {},
        h('label', { class: 'field', for: 'name' }, `${t('name')} `, h('span', { class: 'soft' }, t('optional'))),
        h('input', { type: 'text', id: 'name', part: 'input', maxlength: '85', autocomplete: 'off', enterkeyhint: 'done' }))),
    h('div', { id: 'sound-field', class: 'switches', hidden: true },
      toggle('noise', t('noiseSuppression')), toggle('echo', t('echoCancellation'))));
}

/** A switch that is on at first. @param {string} id @param {string} text */
function toggle(id, text) {
  return h('label', { class: 'check' }, h('input', { type: 'checkbox', role: 'switch', id, checked: true }), ` ${text}`);
}

/** @param {import('../messages/words.js').Words<'record'>} words */
function live(words) {
  const t = words.text.bind(words);
  const video = /** @type {HTMLVideoElement} */ (h('video', { id: 'preview', playsinline: true, autoplay: true, 'aria-label': t('picture') }));
  video.muted = true; // as an attribute it counts only where markup is parsed
  return h('div', { class: 'live', 'data-in': 'trying counting recording paused', hidden: true },
    h('div', { class: 'stage', part: 'stage' }, video,
      h('svg', { id: 'sound-only', class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', hidden: true }, rect('9', '3', '6', '11', '3'), path('M5 11a7 7 0 0 0 14 0M12 18v3')),
      h('span', { id: 'countdown', class: 'countdown', part: 'countdown', 'data-in': 'counting', 'aria-hidden': 'true', hidden: true })),
    h('div', { class: 'voice' },
      h('div', { id: 'meter', class: 'meter', part: 'meter', role: 'meter', 'aria-label': t('loudness'), 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-valuenow': '0' }, h('span')),
      h('div', { id: 'voice', class: 'voice-choice', hidden: true },
        h('button', { type: 'button', id: 'mute', class: 'small', part: 'button', 'aria-pressed': 'false' },
          microphone(h('path', { class: 'strike', d: 'm4 4 16 16' })), h('span', { id: 'mute-label' }, t('mute'))),
        h('select', { id: 'voice-choice', 'aria-label': t('microphone') }))),
    bubble(words));
}

/** The camera in the screen. @param {import('../messages/words.js').Words<'record'>} words */
function bubble(words) {
  const t = words.text.bind(words);
  const option = (/** @type {string} */ value, /** @type {string} */ label, more = {}) => h('option', { value, ...more }, label);
  return h('div', { id: 'bubble', class: 'bubble', part: 'bubble', hidden: true },
    h('button', { type: 'button', id: 'bubble-hide', class: 'small', part: 'button', 'aria-pressed': 'false' }, camera(h('path', { class: 'strike', d: 'm4 4 16 16' })), h('span', {}, t('hideCamera'))),
    h('select', { id: 'bubble-corner', 'aria-label': t('cameraPlace') },
      option('0 0', t('upperLeft')), option('1 0', t('upperRight')), option('0 1', t('lowerLeft')), option('1 1', t('lowerRight')), option('', t('dragged'), { hidden: true })),
    h('select', { id: 'bubble-shape', 'aria-label': t('cameraShape') }, option('round', t('round')), option('square', t('square'))),
    h('input', { type: 'range', id: 'bubble-size', min: '0.1', max: '0.6', step: '0.02', 'aria-label': t('cameraSize') }));
}

/** @param {import('../messages/words.js').Words<'record'>} words */
function begin(words) {
  const t = words.text.bind(words);
  const ready = 'idle trying cancelled';
  return h('div', { class: 'begin', 'data-in': `${ready} starting`, hidden: true },
    h('div', { class: 'actions' },
      h('button', { type: 'button', id: 'record', class: 'record', part: 'button record' }, dot(), h('span', { id: 'record-label' }, t('record'))),
      button('try-out', t('tryBoth'), '', { hidden: true }),
      h('span', { class: 'choose-file', 'data-in': ready },
        h('input', { type: 'file', id: 'file', class: 'unseen', accept: MEDIA_FILES }),
        h('label', { for: 'file', id: 'file-label', class: 'button quiet', part: 'button quiet' }, t('uploadInstead'))),
      button('cancel-start', t('cancel'), 'quiet', { 'data-in': 'starting', hidden: true })),
    h('label', { class: 'check' }, h('input', { type: 'checkbox', id: 'count-down', checked: true }), ` ${t('countDown')}`),
    h('p', { id: 'limit-note', class: 'note', hidden: true }));
}

/** @param {import('../messages/words.js').Words<'record'>} words */
function safety(words) {
  const t = words.text.bind(words);
  return h('section', { class: 'safety', part: 'progress', 'data-in': 'recording paused stopping failed uploading', 'aria-labelledby': 'safety-words', hidden: true },
    h('div', { class: 'counts', id: 'safety-words' },
      h('span', {}, h('span', { id: 'recorded-word' }, t('recorded')), ' ', h('b', { id: 'recorded', 'data-bytes': '0' })),
      h('span', {}, `${t('saved')} `, h('b', { id: 'safe', 'data-bytes': '0' }))),
    h('progress', { id: 'bar', max: '1', value: '0', 'aria-label': t('share') }),
    h('p', { id: 'transfer', class: 'note' }),
    h('p', { id: 'room', class: 'note', 'data-in': 'recording paused', hidden: true }));
}

/** @param {import('../messages/words.js').Words<'record'>} words */
function share(words) {
  const t = words.text.bind(words);
  return h('section', { id: 'share', class: 'share', part: 'share', 'aria-labelledby': 'link-label', hidden: true },
    h('label', { class: 'field', id: 'link-label', for: 'link' }, t('link')),
    h('div', { class: 'row' }, h('input', { type: 'url', id: 'link', part: 'input', readonly: true }), button('copy', t('copy'))),
    h('p', { id: 'link-note', class: 'note' }));
}

/** @param {import('../messages/words.js').Words<'record'>} words */
function kept(words) {
  const t = words.text.bind(words);
  return h('section', { id: 'kept', class: 'kept', 'data-in': 'completed', 'aria-label': t('preview'), hidden: true },
    h('div', { id: 'kept-stage', part: 'preview' }),
    h('label', { class: 'field', for: 'title' }, t('name')),
    h('div', { class: 'row' },
      h('input', { type: 'text', id: 'title', part: 'input', maxlength: '85', autocomplete: 'off', enterkeyhint: 'done' }), button('rename', t('rename'))));
}

/** Second thoughts. */
function sure() {
  return h('dialog', { id: 'sure', part: 'dialog', 'aria-labelledby': 'sure-title', 'aria-describedby': 'sure-text' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'sure-title' }), h('p', { id: 'sure-text' }),
      h('div', { class: 'actions' },
        h('button', { id: 'sure-no', part: 'button', value: 'no', autofocus: true }),
        h('button', { id: 'sure-yes', class: 'danger', part: 'button danger', value: 'yes' }))));
}
