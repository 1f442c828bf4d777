//! A map as the bundler wrote it: its debug id, and what has to change in it when a line is put before the script.

use serde_json::Value as Json;

use crate::{commands::Failure, sourcemaps::DebugId};

/// Its names: as it is specified (ECMA-426, debug ids), and as it was called before.
const NAMES: [&str; 2] = ["debugId", "debug_id"];

/// What the map says. `None`: it says none.
pub(super) fn debug_id(map: &[u8]) -> Option<DebugId> {
    let map: Json = serde_json::from_slice(map).ok()?;
    NAMES.iter().find_map(|name| DebugId::read(map.get(name)?.as_str()?))
}

/// That a map was changed is written in it: whoever was interrupted between map and script goes on from there.
const DONE: &str = "x_weft_line_before";

/// The map with `id`, of a script before which there is a line more.
pub(super) fn a_line_later(map: &[u8], id: DebugId) -> Result<Vec<u8>, Failure> {
    let mut map: Json =
        serde_json::from_slice(map).map_err(|error| format!("it is no source map: {error}"))?;
    let whole = map.as_object_mut().ok_or("it is no source map: not an object")?;
    if !whole.contains_key(DONE) {
        if let Some(Json::Array(sections)) = whole.get_mut("sections") {
            sections.iter_mut().try_for_each(section_a_line_later)?;
        } else if let Some(Json::String(mappings)) = whole.get_mut("mappings") {
            // A line without a mapping (ECMA-426, mappings).
            mappings.insert(0, ';');
        } else {
            return Err("it is no source map: it has neither mappings nor sections".into());
        }
    }
    whole.insert(DONE.to_owned(), true.into());
    whole.insert(NAMES[0].to_owned(), id.to_string().into());
    Ok(serde_json::to_vec(&map)?)
}

fn section_a_line_later(section: &mut Json) -> Result<(), Failure> {
    let line = section.pointer_mut("/offset/line").ok_or("it is no source map: a section has no offset")?;
    *line = (line.as_u64().unwrap_or(0) + 1).into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(map: &str) -> Result<String, Failure> {
        a_line_later(map.as_bytes(), DebugId::of_hash([1; 16])).map(|map| String::from_utf8(map).unwrap())
    }

    #[test]
    fn a_map_is_a_line_later_once() {
        let once = later(r#"{"version":3,"sources":["a.ts"],"mappings":"AAAA"}"#).unwrap();
        assert!(
            once.contains("\";AAAA\"") && once.contains("01010101-0101-8101-8101-010101010101"),
            "{once}"
        );
        assert_eq!(debug_id(once.as_bytes()), Some(DebugId::of_hash([1; 16])));
        assert_eq!(later(&once).unwrap(), once);
    }

    #[test]
    fn a_map_of_sections_is_a_line_later_and_one_of_neither_is_none() {
        let sections =
            later(r#"{"version":3,"sections":[{"offset":{"line":2,"column":0},"map":{}}]}"#).unwrap();
        assert!(sections.contains("\"line\":3"), "{sections}");
        for none in ["{}", "[]", "", r#"{"sections":[{}]}"#] {
            assert!(later(none).is_err(), "{none}");
        }
    }
}
