/**
 * What runs inside a page before its own scripts. Each function is sent as text: it sees nothing but its argument.
 */

/**
 * Has a script run in a page before its own do.
 *
 * @param {any} page playwright's or puppeteer's
 * @param {() => void} script
 */
export async function beforeItLoads(page, script) {
  await (page.addInitScript ?? page.evaluateOnNewDocument).call(page, script);
}

/**
 * Keeps a second copy of every blob that MediaRecorder hands out, so that a test knows the bytes the recorder
 * produced; and lets it spend bits, because its 2.5 Mbit/s would fill a part every 17 s.
 *
 * `produced()` in the page gives them, in base64, for the recording made last; `producedSize()` tells how many.
 */
export function teeMediaRecorder() {
  /** @type {Blob[]} */
  let blobs = [];
  const Real = globalThis.MediaRecorder;
  if (!Real) return;
  globalThis.MediaRecorder = class MediaRecorder extends Real {
    constructor(stream, options) {
      super(stream, { ...options, videoBitsPerSecond: 60e6 });
      blobs = [];
      this.addEventListener('dataavailable', ({ data }) => blobs.push(data));
    }
  };
  globalThis.producedSize = () => new Blob(blobs).size;
  globalThis.produced = () => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(',')[1]);
    reader.readAsDataURL(new Blob(blobs));
  });
}

/** Notes each state the page has been in, and each number of bytes it has called safe: `states` and `safeBytes`. */
export function watchPage() {
  const states = globalThis.states = [];
  const safeBytes = globalThis.safeBytes = [];
  const watch = (root) => new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target === document.body) states.push(document.body.dataset.state);
      else if (target.id === 'safe') safeBytes.push(Number(target.dataset.bytes));
    }
  }).observe(root, { subtree: true, attributes: true, attributeFilter: ['data-state', 'data-bytes'] });
  watch(document);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(how) { // an observer of the document sees nothing of what is in there
    const root = attach.call(this, how);
    watch(root);
    return root;
  };
}

/** A camera that is there, is allowed, and never delivers a picture. */
export function blindCamera() {
  navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream(0);
}
