//! Bounds that both sides keep. The decoder refuses what exceeds them; the encoder never makes it.

/// Bytes of a request as sent. The browser's own limit for a request that outlives its page is 64 KiB for
/// all of them together (Fetch, "HTTP-network-or-cache fetch", keepalive), of which the SDK uses 60.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// Bytes of a body after inflating: what a batch of 60 KiB can hold at 16:1.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Events in one batch. The SDK seals at a few hundred.
pub const MAX_EVENTS: usize = 2_000;

/// Attributes of one event (OpenTelemetry SDK specification, "Span Limits").
pub const MAX_ATTRIBUTES: usize = 128;

/// Links of one event (OpenTelemetry SDK specification, "Span Limits").
pub const MAX_LINKS: usize = 128;

/// Distinct strings in one batch.
pub const MAX_STRINGS: usize = 20_000;

/// Distinct pairs of an attribute's key and type in one batch.
pub const MAX_COLUMNS: usize = 8_192;

/// Bytes of an event's name or an attribute's key.
pub const MAX_NAME_BYTES: usize = 256;

/// Bytes of a text value.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Bytes that a batch may take when it is written out as OTLP, about: names and texts as often as they are used,
/// links, values and events by their size there. However small the references are.
pub const MAX_RESOLVED_BYTES: usize = 8 * 1024 * 1024;

/// Depth of lists and maps inside an attribute's value.
pub const MAX_DEPTH: usize = 8;

/// Sessions one batch may tell about: a page that wakes up may close one and open another.
pub const MAX_SESSIONS: usize = 64;

/// The last event number there is: exact in JavaScript's numbers, and 285 000 years at 1 000 events a second.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;
