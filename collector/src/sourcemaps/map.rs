//! One source map: what was written at a place of the file that was built from it.

use sourcemap::{DecodedMap, Token, decode_slice};

/// Lines of source that are shown before and behind the one that is meant.
const AROUND: u32 = 4;

/// Characters of a line of source, and of a name of a file, that are shown.
const MOST_OF_LINE: usize = 300;

/// A map that was read.
pub(crate) struct Map(DecodedMap);

/// A place as a person wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Original {
    /// Name of the file, as the map has it.
    pub(super) source: String,
    /// From one.
    pub(super) line: u32,
    /// From one.
    pub(super) column: u32,
    /// Number of the first of the lines.
    pub(super) first_line: u32,
    /// The line and those around it. None: the map has no sources in it.
    pub(super) lines: Vec<String>,
    /// Whether it is somebody else's, as far as names tell.
    pub(super) is_library: bool,
}

impl Map {
    /// # Errors
    /// Why it is none, for whoever sent it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        decode_slice(bytes).map(Self).map_err(|error| format!("it is no source map (ECMA-426): {error}"))
    }

    /// What stands at a place of the built file; both numbers are from one. `None`: the map says nothing of it.
    pub(super) fn original(&self, line: u32, column: u32) -> Option<Original> {
        let token = token(&self.0, line.checked_sub(1)?, column.checked_sub(1)?)?;
        let source = token.get_source()?;
        let (first_line, lines) = around(&token);
        Some(Original {
            source: cut(source),
            line: token.get_src_line().saturating_add(1),
            column: token.get_src_col().saturating_add(1),
            first_line,
            lines,
            is_library: source.contains("node_modules/"),
        })
    }
}

/// What maps a place; both numbers are from zero. Sections say where they begin, and what is in them is counted from there.
fn token(map: &DecodedMap, line: u32, column: u32) -> Option<Token<'_>> {
    let DecodedMap::Index(sections) = map else {
        let token = map.lookup_token(line, column)?;
        // The nearest before it may be of another line, or say that this was written by nobody.
        return (token.get_dst_line() == line && token.has_source()).then_some(token);
    };
    let before = sections.sections().filter(|section| section.get_offset() <= (line, column));
    let section = before.max_by_key(|section| section.get_offset())?;
    let (first_line, first_column) = section.get_offset();
    let column = if line == first_line { column - first_column } else { column };
    token(section.get_sourcemap()?, line - first_line, column)
}

/// Number of the first line from one, and the lines.
fn around(token: &Token<'_>) -> (u32, Vec<String>) {
    let first = token.get_src_line().saturating_sub(AROUND);
    let last = token.get_src_line().saturating_add(AROUND);
    let view = token.get_source_view();
    let lines = view.into_iter().flat_map(|view| (first..=last).map_while(|line| view.get_line(line)));
    (first.saturating_add(1), lines.map(cut).collect())
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_OF_LINE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_sections_are_counted_from_where_the_section_begins() {
        let section = |source: &str| {
            format!("{{\"version\":3,\"sources\":[\"{source}\"],\"names\":[],\"mappings\":\"AAEA;AACA\"}}")
        };
        let empty = r#"{"version":3,"sources":[],"names":[],"mappings":""}"#;
        let at = |line: u32, column: u32, map: &str| {
            format!("{{\"offset\":{{\"line\":{line},\"column\":{column}}},\"map\":{map}}}")
        };
        let sections = [at(1, 0, &section("a.ts")), at(3, 10, &section("b.ts")), at(6, 0, empty)].join(",");
        let map = Map::read(format!("{{\"version\":3,\"sections\":[{sections}]}}").as_bytes()).unwrap();
        let found = |line, column| map.original(line, column).map(|at| (at.source, at.line));
        let is = |source: &str, line| Some((source.to_owned(), line));
        assert_eq!((found(1, 1), found(2, 5), found(3, 1)), (None, is("a.ts", 3), is("a.ts", 4)));
        assert_eq!((found(4, 10), found(4, 11), found(5, 1)), (None, is("b.ts", 3), is("b.ts", 4)));
        assert_eq!(found(7, 1), None, "where a section without anything begins, the one before ends");
    }
}
