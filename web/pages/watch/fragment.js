/**
 * What stands behind the `#` of a link: the token, if there is one, and where to start. `#wt_…`, `#wt_…&t=90`, `#t=1m30s`.
 */

/**
 * @param {string} hash with its `#`, or empty
 * @returns {{token: string, at: number}} at: in seconds
 */
export function readFragment(hash) {
  let token = '';
  let at = 0;
  for (const piece of hash.replace(/^#/, '').split('&')) {
    if (piece.startsWith('t=')) at = readTime(piece.slice(2)) ?? 0;
    else token ||= piece;
  }
  return { token, at };
}

/** @param {{token: string, at: number}} what @returns {string} with its `#`, or empty */
export function writeFragment({ token, at }) {
  const pieces = [token, at >= 1 ? `t=${writeTime(at)}` : ''].filter(Boolean);
  return pieces.length ? `#${pieces.join('&')}` : '';
}

/**
 * @param {string} text such as `90`, `90.5`, `1m30s`, `1h2m3s` or `1:30`
 * @returns {number | null} seconds; null: it is no time
 */
export function readTime(text) {
  const units = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(text);
  const clock = /^(?:(\d+):)?(\d+):(\d{2}(?:\.\d+)?)$/.exec(text);
  const [, h, m, s] = units ?? clock ?? [];
  if (!h && !m && !s) return null;
  return Number(h ?? 0) * 3600 + Number(m ?? 0) * 60 + Number(s ?? 0);
}

/** @param {number} seconds @returns {string} such as `45s`, `1m30s` or `1h0m5s` */
function writeTime(seconds) {
  const all = Math.floor(seconds);
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  if (h) return `${h}h${m}m${s}s`;
  return m ? `${m}m${s}s` : `${s}s`;
}

/** Whether a link with this token is for others. An owner's grant, or a session token, is nobody else's. @param {string} token */
export function mayBeShared(token) {
  return token === '' || token.startsWith('wt_');
}
