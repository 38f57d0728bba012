/**
 * The bytes of a recording's files that are in memory, as well as on the disk or instead. Of each file these are all bytes
 * from some position on.
 */
export class HeldBytes {
  /** @type {Map<string, {from: number, size: number, pieces: Blob[]}>} the oldest first */
  #files = new Map();
  bytes = 0;

  /** @param {string} name @param {number} at how long the file was before @param {Uint8Array<ArrayBuffer>} bytes */
  append(name, at, bytes) {
    const file = this.#files.get(name) ?? { from: at, size: 0, pieces: [] };
    file.pieces.push(new Blob([bytes]));
    file.size += bytes.length;
    this.bytes += bytes.length;
    this.#files.set(name, file);
  }

  /** Where in a file it begins; Infinity where nothing of it is held. @param {string} name */
  from(name) { return this.#files.get(name)?.from ?? Infinity; }

  /** Bytes of a file, from not before what is held. @param {string} name @param {number} from @param {number} to */
  read(name, from, to) {
    const { from: begin, size, pieces } = this.#files.get(name) ?? { from: 0, size: 0, pieces: [] };
    return new Blob(pieces).slice(from - begin, Math.min(to - begin, size));
  }

  /** @param {string} name */
  drop(name) {
    this.bytes -= this.#files.get(name)?.size ?? 0;
    this.#files.delete(name);
  }

  /** @returns {{name: string, size: number}[]} in the order of the names */
  list() {
    return [...this.#files].map(([name, { from, size }]) => ({ name, size: from + size })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Lets go of the oldest files. @param {number} mostBytes that stay @param {(name: string) => boolean} kept not this one */
  shrink(mostBytes, kept) {
    for (const name of [...this.#files.keys()]) {
      if (this.bytes <= mostBytes) return;
      if (!kept(name)) this.drop(name);
    }
  }
}
