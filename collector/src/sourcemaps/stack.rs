//! A stack as browsers write it, line by line: V8 says `at f (https://…/app.js:1:23)`, Gecko and WebKit `f@https://…/app.js:1:23`.

/// Lines of a stack that are looked at. Browsers write 10 to 128.
const MOST_LINES: usize = 200;

/// A line of a stack.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// As the browser wrote it.
    pub(super) text: &'a str,
    /// Where it points to. `None`: it is a message, or code without a file.
    pub(super) place: Option<Place<'a>>,
}

/// A place in a file as it was built.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// Name of the file, without directories and query.
    pub(super) file: &'a str,
    /// From one.
    pub(super) line: u32,
    /// From one, in UTF-16 code units.
    pub(super) column: u32,
}

pub(super) fn frames(stack: &str) -> impl Iterator<Item = Frame<'_>> {
    let lines = stack.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST_LINES);
    lines.map(|text| Frame { text, place: place(text) })
}

fn place(text: &str) -> Option<Place<'_>> {
    let (rest, column) = text.trim_end_matches(')').rsplit_once(':')?;
    let (rest, line) = rest.rsplit_once(':')?;
    let from_one = |digits: &str| digits.parse().ok().filter(|number| *number > 0);
    let (_, address) = rest.rsplit_once("://")?;
    // `eval at f (https://…/app.js:1:2), <anonymous>:1:1` is in no file.
    let is_one = !address.contains([' ', '(', ')', '<']);
    let file = file(address);
    (is_one && !file.is_empty()).then_some(Place { file, line: from_one(line)?, column: from_one(column)? })
}

/// Name of the file that an address, or a path, ends in.
pub(super) fn file(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(text: &str) -> Option<(&str, u32, u32)> {
        place(text).map(|Place { file, line, column }| (file, line, column))
    }

    #[test]
    fn places_are_found_as_every_browser_writes_them() {
        for text in [
            "at f (https://app.example/assets/app-1a2b.js:1:23)",
            "at https://app.example/assets/app-1a2b.js:1:23",
            "at async Promise.all (index 0) https://app.example/app-1a2b.js?v=3:1:23",
            "at new Shop (https://app.example:8080/app-1a2b.js#x:1:23)",
            "f@https://app.example/assets/app-1a2b.js:1:23",
            "@https://app.example/assets/app-1a2b.js:1:23",
            "async*f@capacitor://localhost/app-1a2b.js:1:23",
        ] {
            assert_eq!(placed(text), Some(("app-1a2b.js", 1, 23)), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_in_a_file_is_none() {
        for text in [
            "TypeError: x is not a function",
            "at Array.map (<anonymous>)",
            "at eval (eval at f (https://app.example/app.js:1:2), <anonymous>:1:1)",
            "https://app.example:8080",
            "at https://app.example/app.js:0:3",
            "at https://app.example/app.js:1:99999999999999",
            "at https://app.example/:1:3",
            ":1:1",
        ] {
            assert_eq!(placed(text), None, "{text}");
        }
    }
}
