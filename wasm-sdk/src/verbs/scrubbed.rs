//! What a policy takes out of name and attributes, beside what is always taken out.

use alloc::vec::Vec;

use super::{
    document::{Policy, Sort, Verb},
    glob,
    seen::{Ended, Seen},
};
use crate::frame::{Frame, Given};

/// What changes in the attributes of an event: positions of those that go, and texts of those that change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed(pub Vec<(u32, Option<Vec<u8>>)>);

/// How a verb scrubs, by its number.
const ALLOW: u64 = 1;
const PATH: u64 = 2;
const TEXT: u64 = 3;

/// What stands for what was taken out.
const REMOVED: &[u8] = b":removed";

/// What changes; `None`: nothing.
pub(super) fn scrub(policy: &Policy, route: &[u8], frame: &[u8]) -> Option<Scrubbed> {
    let seen = Seen::read(Ended::default(), frame)?;
    let mut changes = Vec::new();
    let mut frame = seen.attributes;
    for at in 0..frame.word()? {
        let (key, value) = frame.attribute()?;
        let text = match value {
            Given::Text(text) => Some(text),
            _ => None,
        };
        let mut changed = None;
        for verb in &policy.verbs {
            if verb.sort == Sort::Scrub
                && glob::allows(&verb.when.name, seen.name)
                && glob::allows(&verb.when.route, route)
            {
                look(verb, key, text, &mut changed);
            }
        }
        if let Some(changed) = changed {
            changes.push((at, changed));
        }
    }
    (!changes.is_empty()).then_some(Scrubbed(changes))
}

/// What `verb` makes of an attribute: `None`: it stays; `Some(None)`: it goes.
fn look(verb: &Verb, key: &[u8], text: Option<&[u8]>, changed: &mut Option<Option<Vec<u8>>>) {
    let any = |of: &[u8]| verb.patterns.iter().any(|pattern| glob::matches(pattern, of));
    match verb.number {
        ALLOW if !any(key) => *changed = Some(None),
        ALLOW => {}
        PATH | TEXT => {
            if !glob::allows(&verb.when.attribute, key) || matches!(changed, Some(None)) {
                return;
            }
            let text = changed.as_ref().and_then(Option::as_deref).or(text);
            let Some(text) = text else { return };
            let new = if verb.number == PATH {
                verb.patterns.iter().find_map(|pattern| path(pattern, text))
            } else {
                any(text).then(|| REMOVED.to_vec())
            };
            if let Some(new) = new {
                *changed = Some(Some(new));
            }
        }
        _ if any(key) => *changed = Some(None),
        _ => {}
    }
}

/// `text`, an address or a path, with the path that the template says; `None`: its path is another.
fn path(template: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let scheme = text.windows(3).position(|three| three == b"://").map_or(0, |at| at + 3);
    let start = text.iter().skip(scheme).position(|byte| *byte == b'/')? + scheme;
    let end = text
        .iter()
        .skip(start)
        .position(|byte| matches!(byte, b'?' | b'#'))
        .map_or(text.len(), |at| at + start);
    let mut segments = text.get(start..end)?.split(|byte| *byte == b'/');
    for wanted in template.split(|byte| *byte == b'/') {
        let segment = segments.next()?;
        let is_any = wanted.first() == Some(&b':') && !segment.is_empty();
        if !is_any && wanted != segment {
            return None;
        }
    }
    segments.next().is_none().then(|| [text.get(..start).unwrap_or_default(), template].concat())
}

impl Scrubbed {
    /// The frame with these changes.
    #[must_use]
    pub fn apply(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let mut rest = Frame(frame);
        let name = rest.text()?;
        let count = rest.word()?;
        let gone = self.0.iter().filter(|(_, text)| text.is_none()).count() as u32;
        let mut out = Vec::new();
        super::summary::text(&mut out, name);
        out.extend_from_slice(&count.saturating_sub(gone).to_le_bytes());
        for at in 0..count {
            let before = rest.0;
            let (key, _) = rest.attribute()?;
            match self.0.iter().find(|(changed, _)| *changed == at) {
                Some((_, None)) => {}
                Some((_, Some(text))) => {
                    super::summary::text(&mut out, key);
                    out.push(0);
                    super::summary::text(&mut out, text);
                }
                None => out.extend_from_slice(before.get(..before.len() - rest.0.len())?),
            }
        }
        Some(out)
    }
}
