//! What can become of an event or a body: one closed list. Nothing is lost without one of these names.

macro_rules! outcomes {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal,)+) => {
        /// Why something was not accepted, or was accepted and not delivered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Outcome { $($(#[doc = $doc])+ $variant,)+ }

        impl Outcome {
            /// Every outcome there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name in the ledger, in metrics and in docs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

outcomes! {
    /// No such path.
    NotFound => "not_found",
    /// Logs or metrics, which this collector is told not to pass on.
    NotForwarded => "not_forwarded",
    /// A path of ours, but not with POST.
    MethodNotAllowed => "method_not_allowed",
    /// No key was given.
    KeyMissing => "key_missing",
    /// The key is not in the configuration.
    KeyUnknown => "key_unknown",
    /// The day is over on which the key was taken last.
    KeyExpired => "key_expired",
    /// A browser key at the door for servers, or the other way round.
    KeyOfOtherKind => "key_of_other_kind",
    /// A browser key without an `Origin`.
    OriginMissing => "origin_missing",
    /// A browser key from an origin that is not on its list.
    OriginNotAllowed => "origin_not_allowed",
    /// A server key from a browser: it has leaked into a page.
    OriginWithServerKey => "origin_with_server_key",
    /// A page without the token that its key needs.
    TokenMissing => "token_missing",
    /// A token that was not made for this key, or by nobody in its ring.
    TokenInvalid => "token_invalid",
    /// A token whose time is over.
    TokenExpired => "token_expired",
    /// The collector was asked for a token that it does not make.
    TokenNotMade => "token_not_made",
    /// Too many keys that do not exist were tried from the address.
    WrongKeys => "wrong_keys",
    /// More requests than one address may make.
    AddressLimited => "address_limited",
    /// More pages that were not heard of before than one address may have.
    NewPagesLimited => "new_pages_limited",
    /// More requests than one page may make.
    PageLimited => "page_limited",
    /// More bytes than one page may send in a day.
    PageOverBudget => "page_over_budget",
    /// Nothing new is taken of the address for a while, because it was refused too often.
    Blocked => "blocked",
    /// More requests than the key's limit allows.
    RateLimited => "rate_limited",
    /// More requests than everybody together may make.
    CollectorLimited => "collector_limited",
    /// A content type that cannot be read here.
    ContentTypeUnknown => "content_type_unknown",
    /// A content coding that cannot be read here.
    CodingUnknown => "coding_unknown",
    /// The request is larger than its bound.
    BodyTooLarge => "body_too_large",
    /// The request is within its bound, what it inflates to is not.
    InflatedTooLarge => "inflated_too_large",
    /// The body did not arrive in time.
    BodyTimeout => "body_timeout",
    /// The client went away in the middle of the body.
    BodyBroken => "body_broken",
    /// Not bytes of our format, or not valid protobuf.
    NotABatch => "not_a_batch",
    /// An erasure that names no session, or comes with something else.
    NotAnErasure => "not_an_erasure",
    /// It ends too early.
    Truncated => "truncated",
    /// The digest in the head is not that of the body.
    DigestMismatch => "digest_mismatch",
    /// It stands behind earlier batches that are not here; it is asked for again, by itself.
    BaseUnknown => "base_unknown",
    /// A format version this collector does not read.
    VersionUnknown => "version_unknown",
    /// More events than a batch may hold.
    TooManyEvents => "too_many_events",
    /// Another bound inside the batch is exceeded.
    TooLarge => "too_large",
    /// The same event is durable already.
    Duplicate => "duplicate",
    /// A span with an id that W3C Trace Context calls invalid.
    SpanInvalid => "span_invalid",
    /// The spool has reached its bound.
    SpoolFull => "spool_full",
    /// More is waiting to be written than the queue holds.
    SpoolBusy => "spool_busy",
    /// The disk refused.
    SpoolFailing => "spool_failing",
    /// The process takes more memory than it may.
    OutOfMemory => "out_of_memory",
    /// The collector is about to go.
    Draining => "draining",
    /// Durability took longer than a client is kept waiting. What becomes of the events is counted when it is known.
    AnswerTimeout => "answer_timeout",
    /// The record in the spool can no longer be read as what it was accepted as.
    Undecodable => "undecodable",
    /// The spool was damaged where it stood.
    Damaged => "damaged",
    /// Its session was erased before the destination had it.
    Erased => "erased",
    /// It waited longer for a destination than that destination's bound.
    TooOld => "too_old",
    /// More waited for a destination than that destination's bound.
    OverBound => "over_bound",
    /// The destination is no longer in the configuration.
    DestinationRemoved => "destination_removed",
    /// A stage let go of it without a decision: a defect of the collector.
    Undecided => "undecided",
}

impl serde::Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}
