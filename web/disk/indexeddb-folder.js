/**
 * Files in IndexedDB, for browsers without sync access to OPFS. Each append is a row of its own, so nothing is written twice.
 *
 * Rows are ArrayBuffers, not Blobs: Safari has lost Blobs in IndexedDB.
 *
 * @implements {Folder}
 */
export class IndexedDbFolder {
  durable = true;
  #db;
  #id;
  /** @type {Map<string, number>} sizes of the files that were appended to */
  #sizes = new Map();

  /** @param {IDBDatabase} db @param {string} id */
  constructor(db, id) {
    this.#db = db;
    this.#id = id;
  }

  /** @param {string} id rejects where IndexedDB is denied */
  static async create(id) {
    const folder = new IndexedDbFolder(await openDatabase(), id);
    await folder.replace(FIRST, new Uint8Array(1)); // it exists from now on, and can be written to
    return folder;
  }

  /** @param {string} id */
  static async open(id) {
    return (await IndexedDbFolder.ids()).includes(id) ? new IndexedDbFolder(await openDatabase(), id) : null;
  }

  /** @returns {Promise<string[]>} */
  static async ids() {
    const known = await globalThis.indexedDB?.databases?.();
    if (!known?.some(({ name }) => name === DATABASE)) return [];
    const db = await openDatabase();
    const keys = /** @type {Key[]} */ (await done(rows(db, 'readonly').getAllKeys()));
    db.close();
    return [...new Set(keys.map(([id]) => id))];
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async append(name, bytes) {
    const at = this.#sizes.get(name) ?? await this.#sizeOf(name);
    await committed(rows(this.#db, 'readwrite').put(bytes.slice().buffer, [this.#id, name, at, bytes.length]));
    this.#sizes.set(name, at + bytes.length);
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from = 0, to = Infinity) {
    const keys = await this.#keys(name);
    if (keys.length === 0) throw new DOMException(`there is no file ${name}`, 'NotFoundError');
    const wanted = keys.filter(([, , at, size]) => at < to && at + size > from);
    const store = rows(this.#db, 'readonly');
    const pieces = await Promise.all(wanted.map((key) => done(store.get(key))));
    const start = wanted[0]?.[2] ?? 0;
    requireWhole(name, wanted, pieces);
    return new Blob(pieces).slice(Math.max(0, from - start), Math.min(to, Number.MAX_SAFE_INTEGER) - start);
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
  async replace(name, bytes) {
    const store = rows(this.#db, 'readwrite');
    store.delete(fileRange(this.#id, name));
    await committed(store.put(bytes.slice().buffer, [this.#id, name, 0, bytes.length]));
    this.#sizes.set(name, bytes.length);
  }

  /** @param {string} name @param {number} size */
  async truncate(name, size) {
    const beyond = IDBKeyRange.bound([this.#id, name, size], [this.#id, name, []]);
    await committed(rows(this.#db, 'readwrite').delete(beyond));
    this.#sizes.set(name, size);
  }

  async seal() {}

  /** @param {string} name */
  async remove(name) {
    await committed(rows(this.#db, 'readwrite').delete(fileRange(this.#id, name)));
    this.#sizes.delete(name);
  }

  async list() {
    const keys = /** @type {Key[]} */ (await done(rows(this.#db, 'readonly').getAllKeys(folderRange(this.#id))));
    /** @type {Map<string, number>} */
    const sizes = new Map();
    for (const [, name, at, size] of keys) sizes.set(name, at + size);
    sizes.delete(FIRST);
    return [...sizes].map(([name, size]) => ({ name, size }));
  }

  async destroy() {
    await committed(rows(this.#db, 'readwrite').delete(folderRange(this.#id)));
    this.close();
  }

  close() { this.#db.close(); }

  /** @param {string} name @returns {Promise<Key[]>} */
  async #keys(name) {
    return /** @type {Promise<Key[]>} */ (done(rows(this.#db, 'readonly').getAllKeys(fileRange(this.#id, name))));
  }

  /** @param {string} name */
  async #sizeOf(name) {
    const [, , at = 0, size = 0] = (await this.#keys(name)).at(-1) ?? [];
    return at + size;
  }
}

/**
 * @typedef {import('./folder.js').Folder} Folder
 * @typedef {[id: string, name: string, at: number, size: number]} Key the size too, so that a listing reads no bytes
 */

const DATABASE = 'slipway-recordings';
const ROWS = 'rows';
/** A row of its own, before all files. */
const FIRST = '';

/**
 * A row that is gone since the keys were read is undefined, which a Blob would spell out.
 *
 * @param {string} name
 * @param {Key[]} keys
 * @param {unknown[]} pieces
 */
function requireWhole(name, keys, pieces) {
  keys.forEach(([, , at, size], i) => {
    const piece = pieces[i];
    const joins = i === 0 || keys[i - 1][2] + keys[i - 1][3] === at;
    if (joins && piece instanceof ArrayBuffer && piece.byteLength === size) return;
    throw new DOMException(`${name} is not whole at ${at}`, 'NotReadableError');
  });
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => { request.result.createObjectStore(ROWS); };
  return done(request);
}

/** @param {IDBDatabase} db @param {IDBTransactionMode} mode */
function rows(db, mode) {
  return db.transaction(ROWS, mode, { durability: 'strict' }).objectStore(ROWS);
}

/** An array sorts after every number and string in IndexedDB. @param {string} id */
function folderRange(id) {
  return IDBKeyRange.bound([id], [id, []]);
}

/** @param {string} id @param {string} name */
function fileRange(id, name) {
  return IDBKeyRange.bound([id, name], [id, name, []]);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves once what the request belongs to is on the disk. @param {IDBRequest} request @returns {Promise<void>} */
function committed({ transaction }) {
  return new Promise((resolve, reject) => {
    if (!transaction) return resolve();
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
