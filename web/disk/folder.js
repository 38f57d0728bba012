/**
 * What a recording needs of a disk. Each kind of storage implements it. Types only.
 *
 * @typedef {object} Folder the files of one recording; a file is written from its beginning to its end
 * @property {boolean} durable whether what was written outlives this page
 * @property {(name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>} append creates the file if there is none. When it
 *   resolves, the bytes are on the disk. When it rejects, the file is as it was before
 * @property {(name: string, from?: number, to?: number) => Promise<Blob>} read bytes from..to of a file, as they are now;
 *   rejects with a NotFoundError if there is no such file
 * @property {(name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>} replace after a crash in the middle the file is broken
 * @property {(name: string, size: number) => Promise<void>} truncate to a size at which an append began or ended
 * @property {(name: string) => Promise<void>} seal nothing more is appended to the file
 * @property {(name: string) => Promise<void>} remove
 * @property {() => Promise<{name: string, size: number}[]>} list in the order of the names
 * @property {() => Promise<void>} destroy removes everything
 * @property {() => void} close releases the files as they are, once nothing is being written
 *
 * @typedef {object} FolderKind one kind of storage
 * @property {(id: string) => Promise<Folder>} create rejects where this browser, or this page, does not have it
 * @property {(id: string) => Promise<Folder | null>} open null where there is no such recording
 * @property {() => Promise<string[]>} ids of the recordings it holds
 */

export {};
