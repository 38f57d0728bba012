/**
 * The shapes of the broker's HTTP API that the ops page uses, as api/openapi.yaml has them. Types only.
 *
 * @typedef {'open' | 'completing' | 'completed' | 'aborting' | 'aborted' | 'deleted'} State
 *
 * @typedef {object} ListedSession
 * @property {string} id
 * @property {State} state
 * @property {number} revision
 * @property {string} [owner]
 * @property {string} [name]
 * @property {string} content_type
 * @property {'none' | 'sha256' | 'crc32c' | 'md5'} checksum
 * @property {number} part_size
 * @property {number} max_bytes
 * @property {'salvage' | 'abort'} on_abandon
 * @property {string} opened_at RFC 3339, by the broker's clock
 * @property {string} active_at
 * @property {number} idle_ms
 * @property {number} parts_reported
 * @property {number} bytes_reported
 * @property {'completed' | 'salvaged'} [outcome]
 * @property {number} [size] of the completed object
 * @property {number[]} [missing]
 *
 * @typedef {object} SessionFacts
 * @property {{number: number, size: number}[]} parts what S3 lists, while the session is not finished
 * @property {number} bytes their sum
 * @property {number[] | null} missing
 * @property {string} [watch_url]
 *
 * @typedef {Omit<ListedSession, 'missing'> & SessionFacts} SessionDetails
 *
 * @typedef {object} SessionPage
 * @property {ListedSession[]} sessions
 * @property {string[]} [unreadable] ids
 * @property {string} [next_cursor]
 *
 * @typedef {object} Orphan
 * @property {string} key
 * @property {string} upload_id
 * @property {string} [session_id]
 * @property {'foreign-key' | 'forgotten' | 'other-upload' | 'ended' | 'key-taken' | 'unreadable'} reason
 * @property {string} initiated_at
 * @property {number} age_ms
 * @property {number} parts
 * @property {number} bytes
 * @property {number} monthly_cost_usd
 * @property {string} [adopt_at] when it becomes a session again by itself
 *
 * @typedef {object} OrphanPage
 * @property {Orphan[]} orphans
 * @property {string} [next_cursor]
 *
 * @typedef {object} Ended what abort and salvage answer
 * @property {State} state
 * @property {number} [size]
 * @property {number[]} [missing]
 */

export {};
