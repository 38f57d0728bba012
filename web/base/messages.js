/**
 * The messages between the page and the Worker. Types only.
 *
 * @typedef {object} JobOrder what is to be uploaded and where to
 * @property {string} broker absolute URL
 * @property {string} contentType
 * @property {string} [name]
 * @property {Record<string, string>} [metadata]
 * @property {number} parallel how many PUTs may run at once
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
 * @property {string} contentType of the finished recording, as the browser names it: container and codecs
 *
 * @typedef {object} Progress
 * @property {number} recordedBytes
 * @property {number} uploadedBytes acknowledged by S3
 * @property {number} sendingBytes being sent, and not yet acknowledged
 * @property {number} partsUploaded
 * @property {number} partsInFlight
 *
 * @typedef {import('./errors.js').PlainError} PlainError
 *
 * @typedef {{type: 'record', job: JobOrder}} RecordMessage opens a session for data that comes
 * @typedef {{type: 'send', job: JobOrder, file: Blob}} SendMessage opens a session for a file
 * @typedef {{type: 'recover', id: string, parallel: number}} RecoverMessage goes on with a recording that was interrupted
 * @typedef {{type: 'data', blob: Blob, durationMs: number}} Data recorded data, in order, and the duration of the recording until now
 * @typedef {{type: 'poster', poster: Blob}} Poster a JPEG picture of the recording
 * @typedef {{type: 'end', durationMs: number}} End no data follows: complete
 * @typedef {{type: 'cancel'}} Cancel
 * @typedef {{type: 'retry'}} Retry after `failed`
 * @typedef {{type: 'grant', grant: string} | {type: 'grant', error: string}} Grant the answer to `need-grant`
 * @typedef {{type: 'probe'}} Probe asks where a recording would be kept; for Recorder.check()
 * @typedef {object} Compose puts screen and camera into one picture; this Worker does nothing else then
 * @property {'compose'} type
 * @property {ReadableStream<VideoFrame>} screen
 * @property {ReadableStream<VideoFrame>} camera
 * @property {WritableStream<VideoFrame>} out
 * @property {import('../composite/place.js').BubblePlace} bubble
 *
 * @typedef {{type: 'bubble', bubble: import('../composite/place.js').BubblePlace}} BubbleMessage where the camera is from now on
 * @typedef {{type: 'online'}} Online the page is back on the network: end every wait
 * @typedef {RecordMessage | SendMessage | RecoverMessage | Data | Poster | End | Cancel | Retry | Grant | Probe | Online | Compose | BubbleMessage} ToWorker
 *
 * @typedef {'opfs' | 'indexeddb' | 'memory'} StorageKind the best first
 * @typedef {{type: 'probed', storage: StorageKind}} Probed
 * @typedef {{type: 'ready'}} Ready the Worker's modules are loaded
 * @typedef {{type: 'need-grant'}} NeedGrant
 * @typedef {{type: 'opened', session: OpenedSession}} OpenedMessage comes again if the recording has to go into another session
 * @typedef {{type: 'recovered', durationMs: number}} Recovered how long the interrupted recording is: first as
 *   the manifest says, and again when all of it was read
 * @typedef {{type: 'progress', progress: Progress}} ProgressMessage
 * @typedef {{type: 'part', number: number, bytes: number}} PartMessage S3 has this part
 * @typedef {{type: 'full', error: PlainError}} Full a limit is near: stop recording now, and everything will fit
 * @typedef {{type: 'trouble', error: PlainError}} Trouble something failed and is tried again
 * @typedef {{type: 'completed', result: Result}} CompletedMessage
 * @typedef {{type: 'failed', error: PlainError}} Failed the data is kept for a retry
 * @typedef {{type: 'cancelled', error?: PlainError}} Cancelled has an error if S3 may still hold parts
 * @typedef {Ready | Probed | NeedGrant | OpenedMessage | Recovered | ProgressMessage | PartMessage | Full | Trouble
 *   | CompletedMessage | Failed | Cancelled} FromWorker
 */

export {};
