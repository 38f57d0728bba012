/**
 * The shapes of the broker's HTTP API that the recorder uses, as api/openapi.yaml has them. Types only.
 *
 * @typedef {'none' | 'sha256' | 'crc32c' | 'md5'} Checksum
 *
 * @typedef {object} OpenRequest
 * @property {string} content_type
 * @property {string} [name]
 * @property {Record<string, string>} [metadata]
 * @property {'auto' | Checksum} checksum
 * @property {number} [size]
 * @property {number} [part_size]
 * @property {number} [max_bytes]
 * @property {'salvage' | 'abort'} [on_abandon]
 *
 * @typedef {object} Opened
 * @property {string} id
 * @property {string} token
 * @property {Checksum} checksum the one that counts: the broker's S3 may take no checksums
 * @property {number} part_size
 * @property {number} max_parts
 * @property {number} max_bytes
 * @property {string} watch_url
 * @property {string} expires_at RFC 3339, by the broker's clock
 * @property {number} expires_in_ms
 *
 * @typedef {object} SignedPut
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {number} expires_in_ms
 *
 * @typedef {SignedPut & {number: number}} PartURL
 *
 * @typedef {{size: number, checksum?: string}} PosterRequest
 *
 * @typedef {object} PartClaim
 * @property {number} number
 * @property {number} size
 * @property {string} [etag]
 * @property {string} [checksum]
 *
 * @typedef {object} PartsRequest
 * @property {PartClaim[]} [uploaded]
 * @property {{number: number, size: number, checksum?: string}[]} [sign]
 *
 * @typedef {object} PartsAnswer
 * @property {PartURL[]} urls
 * @property {string} [token] the session's token with a longer life, if the one in the request ends soon
 *
 * @typedef {object} SessionAnswer
 * @property {'open' | 'completing' | 'completed' | 'aborting' | 'aborted' | 'deleted'} state
 * @property {PartClaim[]} parts what S3 lists, while the session is open
 * @property {string} [token] as in PartsAnswer
 *
 * @typedef {object} Claim
 * @property {PartClaim[]} parts
 * @property {number} size
 * @property {number} [duration_ms] how long what was recorded is, in whole ms
 *
 * @typedef {object} Completed
 * @property {string} id
 * @property {string} key
 * @property {number} size
 * @property {string} etag
 * @property {'completed' | 'salvaged'} outcome
 * @property {string} watch_url
 *
 * @typedef {object} Problem
 * @property {string} [type]
 * @property {import('../base/errors.js').BrokerCode} [code]
 * @property {string} [title]
 * @property {string} [detail]
 * @property {import('./reasons.js').BrokerReason} [reason]
 * @property {string} [field]
 * @property {number} [limit]
 * @property {string} [request_id]
 * @property {number} [retry_after_ms]
 * @property {{number: number, have?: import('../base/errors.js').PartFacts, want?: import('../base/errors.js').PartFacts}[]} [parts]
 */

export {};
