/**
 * What the page and the Worker say to each other. Types only.
 *
 * @typedef {object} JobOrder what is to be uploaded and where to
 * @property {string} broker absolute URL
 * @property {string} contentType
 * @property {string} [name]
 * @property {Record<string, string>} [metadata]
 * @property {number} parallel at most so many PUTs side by side
 * @property {number} [maxBytes]
 * @property {'salvage' | 'abort'} [onAbandon]
 *
 * @typedef {object} OpenedSession what is known once a session is open
 * @property {string} id
 * @property {string} watchUrl plays once the recording is completed
 *
 * @typedef {object} Result
 * @property {string} id
 * @property {string} key
 * @property {number} size
 * @property {string} etag of the whole object
 * @property {'completed' | 'salvaged'} outcome
 * @property {string} watchUrl
 * @property {string} contentType what it became, as the browser names it: container and codecs
 *
 * @typedef {object} Progress
 * @property {number} recordedBytes
 * @property {number} uploadedBytes acknowledged by S3
 * @property {number} sendingBytes on their way, not yet acknowledged
 * @property {number} partsUploaded
 * @property {number} partsInFlight
 *
 * @typedef {import('./errors.js').PlainError} PlainError
 *
 * @typedef {{type: 'record', job: JobOrder}} RecordMessage opens a session for data that comes
 * @typedef {{type: 'send', job: JobOrder, file: Blob}} SendMessage opens a session for a file
 * @typedef {{type: 'recover', id: string, parallel: number}} RecoverMessage goes on with a recording that was interrupted
 * @typedef {{type: 'data', blob: Blob, durationMs: number}} Data recorded data, in order, and how long the recording is
 * @typedef {{type: 'poster', poster: Blob}} Poster a JPEG of what is recorded
 * @typedef {{type: 'end', durationMs: number}} End no data follows: complete
 * @typedef {{type: 'cancel'}} Cancel
 * @typedef {{type: 'retry'}} Retry after `failed`
 * @typedef {{type: 'grant', grant: string} | {type: 'grant', error: string}} Grant the answer to `need-grant`
 * @typedef {{type: 'probe'}} Probe asks where a recording would be kept; for Recorder.check()
 * @typedef {{type: 'online'}} Online the page is back on the network: no use in sitting out a backoff
 * @typedef {RecordMessage | SendMessage | RecoverMessage | Data | Poster | End | Cancel | Retry | Grant | Probe | Online} ToWorker
 *
 * @typedef {'opfs' | 'indexeddb' | 'memory'} StorageKind the best first
 * @typedef {{type: 'probed', storage: StorageKind}} Probed
 * @typedef {{type: 'ready'}} Ready the Worker's modules are loaded
 * @typedef {{type: 'need-grant'}} NeedGrant
 * @typedef {{type: 'opened', session: OpenedSession}} OpenedMessage again when the recording goes up into another session
 * @typedef {{type: 'recovered', durationMs: number}} Recovered how long the interrupted recording is: as it
 *   was noted, and again when all of it was read
 * @typedef {{type: 'progress', progress: Progress}} ProgressMessage
 * @typedef {{type: 'part', number: number, bytes: number}} PartMessage S3 has this part
 * @typedef {{type: 'full', error: PlainError}} Full nearly at a limit: stop recording, what is there will fit
 * @typedef {{type: 'trouble', error: PlainError}} Trouble something fails and is being retried
 * @typedef {{type: 'completed', result: Result}} CompletedMessage
 * @typedef {{type: 'failed', error: PlainError}} Failed the data is kept for a retry
 * @typedef {{type: 'cancelled', error?: PlainError}} Cancelled with an error where S3 may still hold parts
 * @typedef {Ready | Probed | NeedGrant | OpenedMessage | Recovered | ProgressMessage | PartMessage | Full | Trouble
 *   | CompletedMessage | Failed | Cancelled} FromWorker
 */

export {};
