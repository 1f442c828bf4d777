//! Patterns: `*` stands for anything, everything else for itself. No more, so that none takes longer than its length times
//! that of the text, whoever wrote it.

/// Bytes of a text that a pattern looks at.
const MAX_TEXT_BYTES: usize = 1024;

/// Whether `text` is what the pattern says.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let text = text.get(..MAX_TEXT_BYTES).unwrap_or(text);
    let (mut at, mut next) = (0, 0);
    // Where the last star stands, and how much it takes so far.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(next) {
            Some(b'*') => {
                star = Some((next, at));
                next += 1;
            }
            Some(byte) if Some(byte) == text.get(at) => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((behind, taken)) = star else { return false };
                star = Some((behind, taken + 1));
                at = taken + 1;
                next = behind + 1;
            }
        }
    }
    pattern.get(next..).is_none_or(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// The same, and an empty pattern says anything.
pub(super) fn allows(pattern: &[u8], text: &[u8]) -> bool {
    pattern.is_empty() || matches(pattern, text)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything_and_the_rest_for_itself() {
        let yes = [
            ("", ""),
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abc"),
            ("*b*", "abc"),
            ("a*b*c", "axxbyybzc"),
            ("**", "x"),
        ];
        let no = [("", "a"), ("a", ""), ("a*c", "ab"), ("*b", "abc"), ("a?c", "abc"), ("A", "a")];
        for (pattern, text) in yes {
            assert!(matches(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
        for (pattern, text) in no {
            assert!(!matches(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
    }
}
