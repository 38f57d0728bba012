/**
 * Bytes on their way to S3: a file's, or a recording's that grows. Types only.
 *
 * @typedef {object} ByteSource
 * @property {number} size bytes that stay as they are and can be read, but for the patches
 * @property {number} pendingBytes recorded, and not yet among those
 * @property {number} tailBytes what the end will add to what is recorded, at most
 * @property {number} sliceBytes the largest piece that was recorded at a time
 * @property {number} durationMs how long what was recorded is, as far as it is known; 0 of a file
 * @property {boolean} ended nothing more comes
 * @property {unknown} failure why nothing more can come, though it has not ended
 * @property {boolean} durable what is here outlives this page
 * @property {number} lostBytes how many were let go of; not 0 only where S3 had them, in a session
 * @property {number | undefined} announced the size, where it is known from the start
 * @property {UploadState} upload what is kept about the upload
 * @property {() => void} onGrown set by who uploads: there is more, or the end
 * @property {() => Promise<void>} save keeps `upload`
 * @property {(from: number, to: number) => Promise<Blob>} slice bytes within size
 * @property {(size: number) => import('./patched.js').Patch[]} patches what makes the first `size` bytes play better
 * @property {boolean} patchesLast they are good once all the other bytes are stored, and not before
 * @property {() => Promise<Preview>} preview the end as it would be if it were now
 * @property {(safe: (from: number, to: number) => boolean) => Promise<boolean>} evict lets go of some bytes that S3 has
 * @property {() => Promise<void>} clear lets go of everything
 *
 * @typedef {Pick<import('../disk/manifest.js').Manifest, 'openKey' | 'session' | 'parts' | 'suspects'>} UploadState
 *
 * @typedef {object} Preview
 * @property {number} size of the source at that moment
 * @property {Uint8Array<ArrayBuffer>[]} tail what would come after it
 * @property {(size: number) => import('./patched.js').Patch[]} patches as of the source, with that tail
 */

export {};
