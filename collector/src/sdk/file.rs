//! One file of the SDK: what it is, what it is known by, and as small as a browser takes it.

use std::{io::Write, sync::OnceLock};

use axum::body::Bytes;
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha384};

/// A file, and what it has been compressed to so far.
#[derive(Debug)]
pub(super) struct File {
    pub(super) kind: &'static str,
    /// For `integrity`.
    pub(super) integrity: String,
    plain: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

/// How bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Brotli,
}

/// The media type of a file of the SDK. `None`: it is none.
pub(super) fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')? {
        (stem, _) if stem.is_empty() || name.contains('/') => None,
        (_, "js") => Some("text/javascript; charset=utf-8"),
        // Anything else is compiled only when all of it is there, if at all.
        (_, "wasm") => Some("application/wasm"),
        _ => None,
    }
}

impl File {
    /// `None`: it is none of the SDK's.
    pub(super) fn new(name: &str, bytes: Vec<u8>) -> Option<Self> {
        let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(&bytes)));
        let (gzip, brotli) = Default::default();
        Some(Self { kind: kind(name)?, integrity, plain: bytes.into(), gzip, brotli })
    }

    /// Bytes as they are.
    pub(super) fn len(&self) -> usize {
        self.plain.len()
    }

    /// As it is sent, and how that is said. Compressed when somebody first asks, as well as it goes: a tenth of a second,
    /// once. What does not get smaller is sent as it is.
    pub(super) fn coded(&self, coding: Coding) -> (Bytes, Option<&'static str>) {
        let (coded, name) = match coding {
            Coding::Identity => return (self.plain.clone(), None),
            Coding::Gzip => (self.gzip.get_or_init(|| gzip(&self.plain).into()), "gzip"),
            Coding::Brotli => (self.brotli.get_or_init(|| brotli(&self.plain).into()), "br"),
        };
        if coded.is_empty() || coded.len() >= self.plain.len() {
            return (self.plain.clone(), None);
        }
        (coded.clone(), Some(name))
    }
}

impl Coding {
    /// The smallest of those that a request takes (RFC 9110, 12.5.3).
    pub(super) fn of(accepted: &str) -> Self {
        let takes = |coding: &str| {
            accepted.split(',').any(|one| {
                let mut parts = one.split(';').map(str::trim);
                let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
                let weight = parts.find_map(|part| part.strip_prefix("q="));
                is_it && weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0))
            })
        };
        match () {
            () if takes("br") => Self::Brotli,
            () if takes("gzip") => Self::Gzip,
            () => Self::Identity,
        }
    }
}

/// Empty if it cannot be made, which is never: it is written to memory.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let (mut out, settings) = (Vec::new(), brotli::enc::BrotliEncoderParams::default());
    let written = brotli::BrotliCompress(&mut &*bytes, &mut out, &settings);
    written.map(|_| out).unwrap_or_default()
}
