//! Numbers of payment cards: by their issuers' beginnings and lengths, and the check digit (ISO/IEC 7812-1, Luhn), so that
//! few other numbers are taken for one.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

/// `text` without card numbers. `None`: there is none.
pub(super) fn take_out(text: &str) -> Option<String> {
    let out = DIGITS.replace_all(text, |found: &Captures<'_>| {
        let all = found.get(0).map_or("", |all| all.as_str());
        let digits: Vec<u8> = all.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        if is_card(&digits) { ":card".to_owned() } else { all.to_owned() }
    });
    match out {
        Cow::Owned(out) if out != text => Some(out),
        _ => None,
    }
}

/// Groups of digits as people write them.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[2-6][0-9](?:[ -]?[0-9]){11,17}\b").expect("a pattern"));

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
