import { MemoryFolder } from '../../disk/memory-folder.js';

/**
 * A disk for node, which has no OPFS: what is in it survives the job that wrote it. It may run full. The real disks are
 * tested in browsers.
 */
export class DurableFolder extends MemoryFolder {
  durable = true;
  /** How much fits; what is over is refused. */
  capacity = Infinity;

  /** The same files, as a crash leaves them. */
  async copy() {
    const copy = new DurableFolder();
    for (const { name } of await this.list()) await copy.replace(name, new Uint8Array(await (await this.read(name)).arrayBuffer()));
    return copy;
  }

  /** Takes it all away, as a browser does that is told to clear a site's data. */
  clear() {
    const gone = async () => { throw new DOMException('cleared', 'NotFoundError'); };
    Object.assign(this, { append: gone, read: gone, replace: gone, truncate: gone, seal: gone, remove: gone, list: gone, destroy: gone });
  }

  async append(name, bytes) {
    if (this.capacity < Infinity) await this.#requireRoom(bytes.length);
    await super.append(name, bytes);
  }

  /** @param {number} bytes */
  async #requireRoom(bytes) {
    const used = (await this.list()).reduce((sum, { size }) => sum + size, 0);
    if (used + bytes > this.capacity) throw new DOMException('the disk is full', 'QuotaExceededError');
  }

  /** What was there is gone where the new does not fit, as in OPFS. */
  async replace(name, bytes) {
    await this.remove(name);
    await this.append(name, bytes);
  }
}
