/**
 * What the page does with either Uppy: the file that was chosen in it is uploaded, and whatever Uppy says is kept.
 */

/**
 * @typedef {object} How
 * @property {string} at where Companion would be
 * @property {string} grant
 * @property {object} [options] of AwsS3, besides
 * @property {string} [lines] that use AwsS3 instead
 */

/** @param {{Uppy: any, GoldenRetriever: any, useS3: (uppy: any, how: How) => void}} version */
export function serve({ Uppy, GoldenRetriever, useS3 }) {
  const told = globalThis.told = { parts: [], log: [], restored: false, result: null };
  const keep = (/** @type {unknown[]} */ ...words) => { told.log.push(words.map(String).join(' ')); };

  globalThis.begin = (/** @type {How} */ how) => {
    const uppy = globalThis.uppy = new Uppy({ id: 'e2e', logger: { debug: keep, warn: keep, error: keep } });
    const room = 2 ** 40; // of Uppy 5; Uppy 6 has no bound of its own
    uppy.use(GoldenRetriever, { indexedDB: { maxFileSize: room, maxTotalSize: room } });
    useS3(uppy, how);
    uppy.on('restored', () => { told.restored = uppy.getFiles().length > 0; });
    uppy.on('s3-multipart:part-uploaded', (_, { PartNumber }) => { told.parts.push(PartNumber); });
    uppy.on('complete', ({ successful = [], failed = [] }) => {
      told.result = { urls: successful.map(({ uploadURL }) => uploadURL), errors: failed.map(({ error }) => error) };
    });
  };

  /** What GoldenRetriever keeps of the state: Uppy 6 in IndexedDB, where its blobs are, and Uppy 5 in localStorage. */
  globalThis.kept = async () => {
    const db = await done(indexedDB.open('uppy-blobs'));
    const inDB = db.objectStoreNames.contains('metadata') ? await done(db.transaction('metadata').objectStore('metadata').getAll()) : [];
    db.close();
    return JSON.stringify([{ ...localStorage }, inDB]);
  };

  globalThis.choose = (/** @type {object} */ meta) => {
    const [data] = document.querySelector('input').files;
    return globalThis.uppy.addFile({ name: data.name, type: data.type, data, meta });
  };
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
