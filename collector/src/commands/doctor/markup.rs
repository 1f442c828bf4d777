//! `<meta name="…" content="…">` in the beginning of a document: found as it is written, not as a browser would build it.

/// Tags that are looked at.
const TAGS: usize = 500;

/// What the first `<meta>` of this name says.
pub(super) fn meta(document: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(document);
    let mut rest = text.as_ref();
    for _ in 0..TAGS {
        let at = rest.as_bytes().windows(5).position(|bytes| bytes.eq_ignore_ascii_case(b"<meta"))?;
        // What was found is ASCII, so this is between two letters.
        rest = rest.get(at + 5..)?;
        let attributes = attributes(rest);
        let said =
            |wanted: &str| attributes.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
        if said("name") == Some(name) {
            return said("content").map(str::to_owned);
        }
    }
    None
}

/// Names and values up to the end of the tag.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let (mut found, mut rest) = (Vec::new(), tag);
    while found.len() < 16 {
        rest = rest.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == '/');
        let ends = rest
            .find(|character: char| character.is_ascii_whitespace() || matches!(character, '=' | '>' | '/'));
        let Some((key, after)) = ends.and_then(|ends| rest.split_at_checked(ends)) else { break };
        let after = after.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            // A name without a value, or the end of the tag.
            if key.is_empty() {
                break;
            }
            rest = after;
            continue;
        };
        let (value, after) = read_value(value.trim_start());
        found.push((key.to_ascii_lowercase(), value.to_owned()));
        rest = after;
    }
    found
}

fn read_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let ends = text.find(|character: char| character.is_ascii_whitespace() || character == '>');
    ends.and_then(|ends| text.split_at_checked(ends)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_found_however_its_tag_is_written() {
        for document in [
            "<head><meta charset=utf-8><meta name=\"traceparent\" content=\"00-a\">",
            "<META content='00-a'\n NAME = traceparent />",
            "<meta property=x name=other content=\"name=traceparent\"><meta defer name=traceparent content=00-a>",
        ] {
            assert_eq!(meta(document.as_bytes(), "traceparent").as_deref(), Some("00-a"), "{document}");
        }
        assert_eq!(meta(b"<meta name=traceparent>", "traceparent"), None);
        assert_eq!(meta(b"<p>traceparent</p>", "traceparent"), None);
    }

    proptest! {
        #[test]
        fn nothing_in_a_document_panics(text in "(<meta|[ =\"'/>a-z\u{e9}\u{1f6d2}]){0,60}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            _ = meta(text.as_bytes(), "name");
            _ = meta(&[b"<meta ".as_slice(), &bytes].concat(), "name");
        }
    }
}
