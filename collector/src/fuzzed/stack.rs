//! What a page says of where an error was thrown.

use std::sync::LazyLock;

use crate::sourcemaps::{DebugId, Map, look_up};

/// The map of every file that has an id.
static MAP: LazyLock<Option<Map>> = LazyLock::new(|| {
    let map = br#"{"version":3,"sources":["src/cart.ts","node_modules/x/index.js"],"names":[],
        "mappings":"AAEE,UCAA;;ADAA","sourcesContent":["one\ntwo\nthree\nfour",null]}"#;
    Map::read(map).ok()
});

/// Lines of a stack that are told, whatever it is.
const MOST_LINES: usize = 200;

/// Looks up a stack: its first line is ids of files, with blanks between them. Each line is told, with what was written there
/// or why that is not known, or neither.
pub fn stack(bytes: &[u8]) {
    assert!(MAP.is_some(), "the map is read");
    let text = String::from_utf8_lossy(bytes);
    let (ids, stack) = text.split_once('\n').unwrap_or_default();
    let ids: Vec<&str> = ids.split(' ').collect();
    let told = look_up(stack, &ids, |_: DebugId| MAP.as_ref());
    let lines = told.as_array().map_or(&[][..], Vec::as_slice);
    assert!(lines.len() <= MOST_LINES);
    for line in lines {
        assert!(line["text"].as_str().is_some_and(|text| stack.contains(text)), "{line}");
        assert!(line["original"].is_null() || line["unknown"].is_null(), "{line}");
    }
}
