/**
 * What must be known about a recording besides its bytes, in a small JSON file on the disk. There are two such files, written
 * in turn, each with its own SHA-256. So a crash while one is written leaves the other.
 *
 * @typedef {object} Manifest
 * @property {1} version of this format; a recorder that does not know it leaves the recording alone
 * @property {import('../base/messages.js').JobOrder} job
 * @property {number} startedAt Date.now()
 * @property {number} durationMs recorded so far
 * @property {number} fileBytes size of the part files
 * @property {string} openKey the Idempotency-Key for open: if the answer is lost, the same open is sent again
 * @property {import('../broker/wire.js').Opened | null} session
 * @property {(KeptPart | null)[]} parts the parts that S3 has acknowledged for good; part 1 is the first
 * @property {number[]} [suspects] numbers whose checkpoint is being sent or was cut: it may still replace what S3 has
 * @property {unknown} transform the transform's snapshot
 * @property {number} rawOffset how much of the raw recording is in the part files
 * @property {number} size of the part files then
 * @property {number} [indexSize] of the index file then; there was none before MP4 was rewritten
 *
 * @typedef {object} KeptPart
 * @property {number} size
 * @property {string} [checksum]
 * @property {string} [etag]
 */

const SLOTS = ['manifest-0', 'manifest-1'];
const HASH_DIGITS = 64;

export class ManifestFile {
  #folder;
  #sequence;

  /** @param {import('./folder.js').Folder} folder @param {number} [sequence] of what is there */
  constructor(folder, sequence = 0) {
    this.#folder = folder;
    this.#sequence = sequence;
  }

  /**
   * @param {import('./folder.js').Folder} folder
   * @returns {Promise<{file: ManifestFile, manifest: Manifest} | null>} null where none is whole, or of our version
   */
  static async read(folder) {
    const slots = (await Promise.all(SLOTS.map((name) => readSlot(folder, name)))).filter((slot) => slot !== null);
    const newest = slots.sort((a, b) => b.sequence - a.sequence).at(0);
    if (!newest || newest.manifest.version !== 1) return null;
    return { file: new ManifestFile(folder, newest.sequence), manifest: newest.manifest };
  }

  /** @param {Manifest} manifest on the disk when it resolves; the one before it stays whole until then */
  async write(manifest) {
    const sequence = this.#sequence + 1;
    const json = new TextEncoder().encode(JSON.stringify({ sequence, manifest }));
    const bytes = new Uint8Array(HASH_DIGITS + json.length);
    bytes.set(new TextEncoder().encode(await sha256Hex(json)));
    bytes.set(json, HASH_DIGITS);
    await this.#folder.replace(SLOTS[sequence % 2], bytes);
    this.#sequence = sequence; // one that fails is written to the same slot again: the other is all there is
  }
}

/**
 * @param {import('./folder.js').Folder} folder
 * @param {string} name
 * @returns {Promise<{sequence: number, manifest: Manifest} | null>}
 */
async function readSlot(folder, name) {
  try {
    const bytes = new Uint8Array(await (await folder.read(name)).arrayBuffer());
    const json = bytes.slice(HASH_DIGITS);
    const hash = new TextDecoder().decode(bytes.subarray(0, HASH_DIGITS));
    return hash === await sha256Hex(json) ? JSON.parse(new TextDecoder().decode(json)) : null;
  } catch {
    return null; // not written yet
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256Hex(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
