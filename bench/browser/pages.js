/**
 * What runs in the page, ours and the peers' alike: modules with an `upload(blob, how)`, each bundled with all it imports.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../e2e/lib/folders.js';
import { within } from '../../e2e/lib/until.js';
import { bundleModule } from '../../e2e/lib/vite-app.js';
import { NotStarted } from './lines.js';

const UPLOAD_MS = 600_000;
const OURS = fileURLToPath(new URL('pages', import.meta.url));

/**
 * @typedef {object} Pages
 * @property {string} folder of a web site that has them
 * @property {Map<string, Error>} missing by name, those that could not be bundled
 */

/** @param {string} peers @returns {Promise<Pages>} */
export async function bundlePages(peers) {
  const pages = { folder: temporaryFolder(), missing: new Map() };
  writeFileSync(path.join(pages.folder, 'index.html'), '<!doctype html><title>bench</title>');
  const entries = { slipway: OURS, raw: OURS, serial: OURS, uppy6: path.join(peers, 'uppy6'), uppy5: path.join(peers, 'uppy5') };
  for (const [name, folder] of Object.entries(entries)) {
    const file = folder === OURS ? `${name}.js` : 'upload.js';
    await bundleModule(path.join(folder, file), name, pages.folder).catch((error) => pages.missing.set(name, error));
  }
  return pages;
}

/**
 * Uploads what the page has as `globalThis.data`.
 *
 * @param {import('playwright-core').Page} page of the site with the bundles
 * @param {Pages} pages
 * @param {string} name
 * @param {object} how
 * @returns {Promise<number>} seconds that it took; loading the module is not among them
 */
export async function timeUpload(page, pages, name, how) {
  const missing = pages.missing.get(name);
  if (missing) throw new NotStarted(missing.message);
  return within(UPLOAD_MS, `${name} uploads`, page.evaluate(async ({ name: module, how: given }) => {
    const { upload } = await import(`/${module}.js`);
    const began = performance.now();
    await upload(globalThis.data, given);
    return (performance.now() - began) / 1000;
  }, { name, how }));
}
