/**
 * The reasons of the broker's answers that the recorder acts on.
 *
 * @typedef {'aborted' | 'aborting' | 'bad-checksum' | 'bad-content-type' | 'bad-cursor' | 'bad-etag' | 'bad-id' | 'bad-json' |
 *   'bad-name' | 'bad-origin' | 'bad-query' | 'bad-revision' | 'bad-token' | 'bodies' | 'body' | 'busy' |
 *   'checksum-missing' | 'checksum-unexpected' | 'completed' | 'completed-otherwise' | 'completing' |
 *   'content-type-not-allowed' | 'control-character' | 'credentials-ending' | 'daily-bytes' | 'deleted' |
 *   'duplicate-field' | 'empty' | 'foreign-key' | 'foreign-token' | 'forgotten' | 'grant-expired' | 'hole' |
 *   'idempotency-key-reused' | 'in-use' | 'key-taken' | 'link-expired' | 'link-revoked' | 'lost' | 'max-bytes' |
 *   'method-not-allowed' | 'missing' | 'missing-token' | 'needs-api-key' | 'no-credentials' | 'no-such-bucket' |
 *   'no-such-path' | 'not-completed' | 'not-json' | 'not-utf8' | 'open-sessions' | 'origin' | 'other-bucket' |
 *   'out-of-range' | 'owner-from-grant' | 'owner-only' | 'owner-sign-rate' | 'part-too-small' | 'part-twice' | 'parts-differ' |
 *   'raced' | 'redis' | 'redis-full' | 'revision' | 's3' | 's3-denied' | 's3-refused' | 'salvaged' | 'scope' | 'sign-rate' |
 *   'superseded' | 'token-expired' | 'token-version' | 'too-many-followers' | 'too-slow' | 'unknown-field' |
 *   'unknown-session' | 'unknown-value' | 'watch-public' | 'wrong-credential' | 'wrong-region' | 'wrong-size' |
 *   'wrong-type'} BrokerReason
 *   every reason of this version's broker; docs/protocol.md explains them. A newer broker may give others
 */

export const REASON = /** @satisfies {Record<string, BrokerReason>} */ (/** @type {const} */ ({
  aborted: 'aborted',
  badToken: 'bad-token',
  completed: 'completed',
  completedOtherwise: 'completed-otherwise',
  completing: 'completing',
  contentTypeNotAllowed: 'content-type-not-allowed',
  deleted: 'deleted',
  lost: 'lost',
  salvaged: 'salvaged',
  superseded: 'superseded',
  tokenExpired: 'token-expired',
  unknownSession: 'unknown-session',
  unknownValue: 'unknown-value',
}));
