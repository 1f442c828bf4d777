//! Numbers of payment cards: by their issuers' beginnings and lengths, and the check digit (ISO/IEC 7812-1, Luhn), so that
//! few other numbers are taken for one.

use std::{ops::RangeInclusive, sync::LazyLock};

use regex::{Captures, Regex};

use super::changed;

/// `text` without card numbers. `None`: there is none.
pub(super) fn take_out(text: &str) -> Option<String> {
    let out = DIGITS
        .replace_all(text, |found: &Captures<'_>| without_cards(found.get(0).map_or("", |all| all.as_str())));
    changed(text, out)
}

/// Groups of digits as people write them, and as many as stand together: beside a number there may be its last month.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9](?:[ -]?[0-9]){12,}\b").expect("a pattern"));

/// Digits of a card number.
pub(super) const LENGTHS: RangeInclusive<usize> = 13..=19;

/// Digits in a row that are looked through: more are no card, nor beside one.
const MOST_DIGITS: usize = 64;

/// Only groups that begin and end where others do are taken for one.
fn without_cards(run: &str) -> String {
    let places: Vec<(usize, u8)> = run
        .bytes()
        .enumerate()
        .filter(|(_, byte)| byte.is_ascii_digit())
        .map(|(at, digit)| (at, digit - b'0'))
        .collect();
    if places.len() > MOST_DIGITS {
        return run.to_owned();
    }
    let is_edge = |at: usize| at == 0 || at == places.len() || follows_a_gap(&places, at);
    for start in (0..places.len()).filter(|start| is_edge(*start)) {
        for length in LENGTHS.rev() {
            let Some(part) = places.get(start..start + length).filter(|_| is_edge(start + length)) else {
                continue;
            };
            let digits: Vec<u8> = part.iter().map(|(_, digit)| *digit).collect();
            if let (true, Some((from, _)), Some((to, _))) = (is_card(&digits), part.first(), part.last()) {
                let (before, rest) = run.split_at(*from);
                let behind = rest.get(to - from + 1..).unwrap_or_default();
                return format!("{before}:card{behind}");
            }
        }
    }
    run.to_owned()
}

fn follows_a_gap(places: &[(usize, u8)], at: usize) -> bool {
    let (before, here) = (at.checked_sub(1).and_then(|before| places.get(before)), places.get(at));
    before.zip(here).is_some_and(|((before, _), (here, _))| here - before > 1)
}

fn is_card(digits: &[u8]) -> bool {
    let first = |count: usize| digits.iter().take(count).fold(0, |all, digit| all * 10 + u32::from(*digit));
    let is_issued = match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(2), 36 | 38) || matches!(first(3), 300..=305),
        15 => matches!(first(2), 34 | 37),
        16 => {
            matches!(first(1), 4 | 6)
                || matches!(first(2), 50..=58)
                || matches!(first(4), 2221..=2720 | 3528..=3589)
        }
        17..=19 => matches!(first(1), 4 | 6) || matches!(first(2), 50 | 56..=58),
        _ => false,
    };
    is_issued && luhn(digits)
}

/// Every second digit from the right counts twice, its digits added.
fn luhn(digits: &[u8]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(at, digit)| match (at % 2, u32::from(*digit)) {
        (0, digit) => digit,
        (_, digit) if digit < 5 => digit * 2,
        (_, digit) => digit * 2 - 9,
    });
    weighed.sum::<u32>() % 10 == 0
}
