/**
 * What MediaRecorder delivers in a page, kept outside of it: so it may be longer than a page could hold.
 */

import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './folders.js';
import { beforeItLoads } from './in-page.js';

export class RawStream {
  #page;
  file = path.join(temporaryFolder(), 'raw.webm');

  /** @param {any} page of either browser, before it loads */
  async keep(page) {
    this.#page = page;
    writeFileSync(this.file, '');
    await page.exposeFunction('keepSlice', (base64) => appendFileSync(this.file, base64, 'base64'));
    await beforeItLoads(page, keepSlices);
  }

  /** Once the recording is over: waits until the file has all of it. */
  async whole() { await this.#page.evaluate('slicesKept'); }
}

/** Runs in the page: hands over each slice, and keeps none. */
function keepSlices() {
  globalThis.slicesKept = Promise.resolve();
  const Real = globalThis.MediaRecorder;
  const base64Of = (blob) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(',')[1] ?? '');
    reader.readAsDataURL(new Blob([blob])); // a type may hold a comma, too
  });
  globalThis.MediaRecorder = class MediaRecorder extends Real {
    constructor(...args) {
      super(...args);
      this.addEventListener('dataavailable', ({ data }) => {
        globalThis.slicesKept = globalThis.slicesKept.then(async () => globalThis.keepSlice(await base64Of(data)));
      });
    }
  };
}
