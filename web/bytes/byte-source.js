/**
 * The bytes that go to S3: those of a file, or of a recording that grows. Types only.
 *
 * @typedef {object} ByteSource
 * @property {number} size how many bytes can be read; only patches change them later
 * @property {number} pendingBytes recorded bytes that are not counted in size yet
 * @property {number} tailBytes how many bytes the end adds at most
 * @property {number} sliceBytes the largest piece that was recorded at a time
 * @property {number} durationMs duration of what was recorded, as far as it is known; 0 for a file
 * @property {boolean} ended nothing more comes
 * @property {unknown} failure why nothing more can come, although it has not ended
 * @property {boolean} durable whether the bytes outlive this page
 * @property {number} lostBytes how many bytes are no longer here; above 0 only if S3 had them, in a session
 * @property {number | undefined} announced the size, if it is known from the start
 * @property {UploadState} upload what is kept about the upload
 * @property {() => void} onGrown is set by the uploader, and called when there are more bytes, or when the end is reached
 * @property {() => Promise<void>} save keeps `upload`
 * @property {(from: number, to: number) => Promise<Blob>} slice bytes within size
 * @property {(size: number) => import('./patched.js').Patch[]} patches what makes the first `size` bytes play better
 * @property {boolean} patchesLast whether patches are valid only once all other bytes are stored
 * @property {() => Promise<Preview>} preview what the end would be if the recording stopped now
 * @property {(safe: (from: number, to: number) => boolean) => Promise<boolean>} evict drops some bytes that S3 has; false: there are none
 * @property {() => Promise<void>} clear deletes everything
 *
 * @typedef {Pick<import('../disk/manifest.js').Manifest, 'openKey' | 'session' | 'parts' | 'suspects'>} UploadState
 *
 * @typedef {object} Preview
 * @property {number} size of the source at that moment
 * @property {Uint8Array<ArrayBuffer>[]} tail what would come after it
 * @property {(size: number) => import('./patched.js').Patch[]} patches as of the source, with that tail
 */

export {};
