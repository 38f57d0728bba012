import { MemoryFolder } from '../disk/memory-folder.js';

/**
 * A disk for node, which has no OPFS: what is in it survives the job that wrote it. It may run full. The real disks are
 * tested in browsers.
 */
export class DurableFolder extends MemoryFolder {
  durable = true;
  /** How much fits; what is over is refused. */
  capacity = Infinity;

  async append(name, bytes) {
    const used = (await this.list()).reduce((sum, { size }) => sum + size, 0);
    if (used + bytes.length > this.capacity) throw new DOMException('the disk is full', 'QuotaExceededError');
    await super.append(name, bytes);
  }
}
