//! A file of `docs/queries/`: the blocks below its headings, with something in the places that a reader fills.

use std::path::Path;

/// One file.
pub(super) struct Document {
    name: &'static str,
    text: String,
}

impl Document {
    pub(super) fn open(name: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/queries").join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        Self { name, text }
    }

    /// Every fenced block below a heading, up to the next one.
    pub(super) fn blocks(&self, heading: &str) -> Vec<String> {
        let section = self.text.split("\n## ").find(|section| section.lines().next() == Some(heading));
        let section = section.unwrap_or_else(|| panic!("no {heading:?} in {}", self.name));
        let fenced = section.split("\n```").skip(1).step_by(2);
        // The first line names the language.
        let blocks: Vec<_> =
            fenced.map(|block| block.split_once('\n').map_or("", |(_, text)| text).to_owned()).collect();
        assert!(!blocks.is_empty(), "no block below {heading:?} in {}", self.name);
        blocks
    }

    /// The first block below a heading, filled. Everything that is to be filled must be known.
    pub(super) fn query(&self, heading: &str, places: &[(&str, &str)]) -> String {
        let block = self.blocks(heading).swap_remove(0);
        let filled =
            places.iter().fold(block, |text, (place, value)| text.replace(&format!("<{place}>"), value));
        assert!(!has_place(&filled), "not everything is filled of {heading:?} in {}:\n{filled}", self.name);
        filled
    }
}

/// Whether a `<word` is left: comparisons have no letter right behind them.
fn has_place(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()))
}
