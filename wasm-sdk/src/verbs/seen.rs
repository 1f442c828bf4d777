//! An event as a policy sees it when it ends.

use super::{document::When, glob};
use crate::frame::{Frame, Given};

/// What a policy is told of an event beside name and attributes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended {
    /// Its number.
    pub number: u64,
    /// Milliseconds.
    pub duration_ms: f64,
    /// Its status is an error.
    pub failed: bool,
}

/// The same with its name and attributes.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) ended: Ended,
    pub(super) name: &'a [u8],
    /// Attributes, with their count before them.
    pub(super) attributes: Frame<'a>,
}

/// Digits of the longest integer.
const DIGITS: usize = 20;

impl<'a> Seen<'a> {
    /// `None`: the frame ends too early. The recorder says so.
    pub(super) fn read(ended: Ended, frame: &'a [u8]) -> Option<Self> {
        let mut attributes = Frame(frame);
        let name = attributes.text()?;
        Some(Self { ended, name, attributes })
    }

    /// An error: of a span, or of the page.
    pub(super) fn failed(&self) -> bool {
        self.ended.failed || self.name == b"exception"
    }

    /// What others lead to, or what the SDK says of itself.
    pub(super) fn is_of_page(&self) -> bool {
        self.ended.number == 0 || self.name == b"browser.navigation" || self.name.starts_with(b"weft.")
    }

    pub(super) fn matches(&self, when: &When, route: &[u8]) -> bool {
        let took = self.ended.duration_ms;
        glob::allows(&when.name, self.name)
            && took >= when.least_ms as f64
            && (when.below_ms == 0 || took < when.below_ms as f64)
            && glob::allows(&when.route, route)
            && (when.attribute.is_empty() || self.has(&when.attribute, &when.value))
    }

    fn has(&self, key: &[u8], pattern: &[u8]) -> bool {
        let mut digits = [0; DIGITS];
        self.get(key).is_some_and(|value| match value {
            Given::Text(text) => glob::allows(pattern, text),
            Given::Bool(value) => glob::allows(pattern, if value { b"true" } else { b"false" }),
            Given::Int(value) => glob::allows(pattern, decimal(value, &mut digits)),
            Given::Double(_) => pattern.is_empty(),
            Given::Texts(mut texts, count) => {
                (0..count).any(|_| texts.text().is_some_and(|text| glob::allows(pattern, text)))
            }
        })
    }

    /// The attribute of this name.
    pub(super) fn get(&self, key: &[u8]) -> Option<Given<'a>> {
        let mut frame = self.attributes;
        for _ in 0..frame.word()? {
            let (known, value) = frame.attribute()?;
            if known == key {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn text(&self, key: &[u8]) -> Option<&'a [u8]> {
        match self.get(key)? {
            Given::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn int(&self, key: &[u8]) -> u64 {
        match self.get(key) {
            Some(Given::Int(value)) => value.max(0) as u64,
            _ => 0,
        }
    }
}

/// As it is written.
fn decimal(value: i64, digits: &mut [u8; DIGITS]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut start = DIGITS;
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        if rest == 0 && start < DIGITS {
            if value < 0 {
                *digit = b'-';
                start = at;
            }
            break;
        }
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        start = at;
    }
    digits.get(start..).unwrap_or_default()
}
