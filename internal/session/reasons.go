package session

// Reason says what exactly went wrong, in one word that you can search for, from the
// answer to the source. Add a new one here; TestReasonsAreWrittenOnce names each other
// place that lacks it.
type Reason string

// Reasons of a request that can never succeed unless it is changed.
const (
	ReasonBadChecksum        Reason = "bad-checksum"
	ReasonBadContentType     Reason = "bad-content-type"
	ReasonBadCursor          Reason = "bad-cursor"
	ReasonBadETag            Reason = "bad-etag"
	ReasonBadJSON            Reason = "bad-json"
	ReasonBadName            Reason = "bad-name"
	ReasonBadOrigin          Reason = "bad-origin"
	ReasonBadQuery           Reason = "bad-query"
	ReasonBadRevision        Reason = "bad-revision"
	ReasonBody               Reason = "body"
	ReasonChecksumMissing    Reason = "checksum-missing"
	ReasonChecksumUnexpected Reason = "checksum-unexpected"
	ReasonControlCharacter   Reason = "control-character"
	ReasonDuplicateField     Reason = "duplicate-field"
	ReasonForeignKey         Reason = "foreign-key"
	ReasonHole               Reason = "hole"
	ReasonMaxBytes           Reason = "max-bytes"
	ReasonMethodNotAllowed   Reason = "method-not-allowed"
	ReasonMissing            Reason = "missing"
	ReasonNotJSON            Reason = "not-json"
	ReasonNotUTF8            Reason = "not-utf8"
	ReasonOutOfRange         Reason = "out-of-range"
	ReasonOwnerFromGrant     Reason = "owner-from-grant"
	ReasonPartTooSmall       Reason = "part-too-small"
	ReasonPartTwice          Reason = "part-twice"
	ReasonTooSlow            Reason = "too-slow"
	ReasonUnknownField       Reason = "unknown-field"
	ReasonUnknownValue       Reason = "unknown-value"
	ReasonWrongSize          Reason = "wrong-size"
	ReasonWrongType          Reason = "wrong-type"
)

// Reasons of a credential that is refused.
const (
	ReasonBadToken              Reason = "bad-token"
	ReasonContentTypeNotAllowed Reason = "content-type-not-allowed"
	ReasonForeignToken          Reason = "foreign-token"
	ReasonGrantExpired          Reason = "grant-expired"
	ReasonLinkExpired           Reason = "link-expired"
	ReasonLinkRevoked           Reason = "link-revoked"
	ReasonMissingToken          Reason = "missing-token"
	ReasonNeedsAPIKey           Reason = "needs-api-key"
	ReasonOrigin                Reason = "origin"
	ReasonOwnerOnly             Reason = "owner-only"
	ReasonScope                 Reason = "scope"
	ReasonTokenExpired          Reason = "token-expired"
	ReasonWrongCredential       Reason = "wrong-credential"
)

// Reasons that come from what exists, or does not exist.
const (
	ReasonAborted              Reason = "aborted"
	ReasonAborting             Reason = "aborting"
	ReasonBadID                Reason = "bad-id"
	ReasonCompleted            Reason = "completed"
	ReasonCompletedOtherwise   Reason = "completed-otherwise"
	ReasonCompleting           Reason = "completing"
	ReasonDeleted              Reason = "deleted"
	ReasonEmpty                Reason = "empty"
	ReasonForgotten            Reason = "forgotten"
	ReasonIdempotencyKeyReused Reason = "idempotency-key-reused"
	ReasonInUse                Reason = "in-use"
	ReasonKeyTaken             Reason = "key-taken"
	ReasonLost                 Reason = "lost"
	ReasonNoSuchPath           Reason = "no-such-path"
	ReasonNotCompleted         Reason = "not-completed"
	ReasonPartsDiffer          Reason = "parts-differ"
	ReasonRevision             Reason = "revision"
	ReasonS3Refused            Reason = "s3-refused"
	ReasonSalvaged             Reason = "salvaged"
	ReasonSuperseded           Reason = "superseded"
	ReasonUnknownSession       Reason = "unknown-session"
	ReasonWatchPublic          Reason = "watch-public"
)

// Reasons that pass with time: a limit, or S3 or Redis that does not answer.
const (
	ReasonBodies            Reason = "bodies"
	ReasonBusy              Reason = "busy"
	ReasonCredentialsEnding Reason = "credentials-ending"
	ReasonDailyBytes        Reason = "daily-bytes"
	ReasonNoCredentials     Reason = "no-credentials"
	ReasonNoSuchBucket      Reason = "no-such-bucket"
	ReasonOpenSessions      Reason = "open-sessions"
	ReasonOtherBucket       Reason = "other-bucket"
	ReasonOwnerSignRate     Reason = "owner-sign-rate"
	ReasonRaced             Reason = "raced"
	ReasonRedis             Reason = "redis"
	ReasonRedisFull         Reason = "redis-full"
	ReasonS3                Reason = "s3"
	ReasonS3Denied          Reason = "s3-denied"
	ReasonSignRate          Reason = "sign-rate"
	ReasonTokenVersion      Reason = "token-version"
	ReasonTooManyFollowers  Reason = "too-many-followers"
	ReasonWrongRegion       Reason = "wrong-region"
)

// Reasons that only the broker's own packages use among themselves. No answer has one.
const (
	ReasonNotInS3 Reason = "not-in-s3" // S3 knows no such upload or object
	ReasonStale   Reason = "stale"     // the session changed meanwhile
)
