//! What is taken out of the texts of pages before they are forwarded: a second line behind the SDK's own.

use regex::{Regex, RegexBuilder};

use super::section::Section;
use crate::hashed::seed;

/// Kinds of texts that are taken out wherever they stand. By default all of them are.
#[derive(Clone, Debug)]
pub struct Scrub {
    /// Credentials, query and fragment of addresses, and what looks like an identifier in their paths.
    pub addresses: bool,
    /// E-mail addresses.
    pub emails: bool,
    /// Numbers of payment cards, by length, issuer and check digit.
    pub cards: bool,
    /// JWTs, keys of well-known services, what is called a password, a token or the like.
    pub tokens: bool,
    /// What an operator writes, as regular expressions.
    pub also: Vec<Regex>,
    /// What is remembered of texts goes by this: other settings have another one, and nobody knows it.
    pub(crate) seed: u64,
}

/// Bytes that a pattern may take when it is made ready: a hundred times what an ordinary one does.
const MOST_BYTES: usize = 1 << 20;

/// Patterns: each is looked for in every text.
const MOST_PATTERNS: usize = 32;

impl Default for Scrub {
    fn default() -> Self {
        Self { addresses: true, emails: true, cards: true, tokens: true, also: Vec::new(), seed: seed() }
    }
}

impl PartialEq for Scrub {
    fn eq(&self, other: &Self) -> bool {
        let plain = |it: &Self| [it.addresses, it.emails, it.cards, it.tokens];
        let also = |it: &Self| it.also.iter().map(|pattern| pattern.as_str().to_owned()).collect::<Vec<_>>();
        plain(self) == plain(other) && also(self) == also(other)
    }
}

impl Eq for Scrub {}

pub(super) fn read(mut section: Section<'_>) -> Scrub {
    let [addresses, emails, cards, tokens] =
        ["addresses", "emails", "cards", "tokens"].map(|name| section.flag(name, true));
    let patterns = section.texts("also").unwrap_or_default();
    if patterns.len() > MOST_PATTERNS {
        section.wrong("also", format!("holds more than {MOST_PATTERNS} patterns: join some of them with |"));
    }
    let also = patterns.iter().filter_map(|text| pattern(&section, text)).collect();
    section.end();
    Scrub { addresses, emails, cards, tokens, also, seed: seed() }
}

fn pattern(section: &Section<'_>, text: &str) -> Option<Regex> {
    match RegexBuilder::new(text).size_limit(MOST_BYTES).build() {
        Ok(pattern) if pattern.is_match("") => {
            section.wrong("also", format!("\"{text}\" also matches where nothing is: write + instead of *"));
            None
        }
        Ok(pattern) => Some(pattern),
        Err(error) => {
            section.wrong("also", format!("\"{text}\" is no regular expression: {error}"));
            None
        }
    }
}
