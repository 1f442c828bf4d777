//! What a policy takes out of name and attributes, beside what is always taken out.

use alloc::vec::Vec;

use super::{
    document::{Policy, Sort, Verb},
    glob,
    seen::{Ended, Seen},
    summary::text,
};
use crate::frame::{Frame, Given};

/// What changes in the attributes of an event: keys, and texts of those that do not go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed(Vec<(Vec<u8>, Option<Vec<u8>>)>);

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
    for _ in 0..frame.word()? {
        let (key, value) = frame.attribute()?;
        let said = match value {
            Given::Text(said) => Some(said),
            _ => None,
        };
        let mut changed = None;
        for verb in &policy.verbs {
            if verb.sort == Sort::Scrub
                && glob::allows(&verb.when.name, seen.name)
                && glob::allows(&verb.when.route, route)
            {
                look(verb, key, said, &mut changed);
            }
        }
        if let Some(changed) = changed {
            changes.push((key.to_vec(), changed));
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
    /// Appends each key, and a text behind a byte 1, or a byte 0.
    pub fn write(&self, out: &mut Vec<u8>) {
        for (key, changed) in &self.0 {
            text(out, key);
            out.push(changed.is_some().into());
            if let Some(changed) = changed {
                text(out, changed);
            }
        }
    }

    /// The frame with these changes.
    #[must_use]
    pub fn apply(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let mut rest = Frame(frame);
        let name = rest.text()?;
        let told = rest.word()?;
        let (mut out, mut count) = (Vec::new(), 0_u32);
        for _ in 0..told {
            let before = rest.0;
            let (key, _) = rest.attribute()?;
            match self.0.iter().find(|(changed, _)| changed == key) {
                Some((_, None)) => continue,
                Some((_, Some(changed))) => {
                    text(&mut out, key);
                    out.push(0);
                    text(&mut out, changed);
                }
                None => out.extend_from_slice(before.get(..before.len() - rest.0.len())?),
            }
            count += 1;
        }
        let mut head = Vec::new();
        text(&mut head, name);
        head.extend_from_slice(&count.to_le_bytes());
        Some([head, out].concat())
    }
}
