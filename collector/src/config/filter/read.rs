//! From a line of text to a condition.
//!
//! ```text
//! any  = all  { "or" all }
//! all  = one  { "and" one }
//! one  = "not" one | "(" any ")" | field "exists" | field operator value
//! ```

use std::{iter::Peekable, str::CharIndices};

use super::{Comparison, Field, Filter, Is};

/// Bytes of a condition.
const MOST_BYTES: usize = 2048;

/// Parentheses and `not` within each other.
const MOST_DEPTH: usize = 16;

const OPERATORS: &str = "=, !=, <, <=, >, >=, starts_with, ends_with, contains or exists";

pub(super) fn filter(text: &str) -> Result<Filter, String> {
    if text.len() > MOST_BYTES {
        return Err(format!("has {} bytes: write one with at most {MOST_BYTES}", text.len()));
    }
    let mut reader = Reader { words: Words { text, chars: text.char_indices().peekable() }, ahead: None };
    let filter = reader.any(0)?;
    match reader.next()? {
        None => Ok(filter),
        Some(word) => Err(format!("has {word} where it could end: join conditions with and, or")),
    }
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
enum Word<'a> {
    /// As it stands there: a key word, an attribute, an operator, a number.
    Bare(&'a str),
    /// In quotes.
    Quoted(String),
}

impl std::fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bare(text) => write!(f, "`{text}`"),
            Self::Quoted(text) => write!(f, "{text:?}"),
        }
    }
}

struct Reader<'a> {
    words: Words<'a>,
    ahead: Option<Word<'a>>,
}

impl<'a> Reader<'a> {
    fn any(&mut self, depth: usize) -> Result<Filter, String> {
        let mut any = vec![self.all(depth)?];
        while self.takes("or")? {
            any.push(self.all(depth)?);
        }
        Ok(alone(any, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, String> {
        let mut all = vec![self.one(depth)?];
        while self.takes("and")? {
            all.push(self.one(depth)?);
        }
        Ok(alone(all, Filter::All))
    }

    fn one(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > MOST_DEPTH {
            return Err(format!("has more than {MOST_DEPTH} conditions within each other: write it simpler"));
        }
        if self.takes("not")? {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes("(")? {
            let inner = self.any(depth + 1)?;
            return if self.takes(")")? { Ok(inner) } else { Err("lacks a `)`".to_owned()) };
        }
        self.test()
    }

    fn test(&mut self) -> Result<Filter, String> {
        let of = match self.next()? {
            Some(Word::Bare("name")) => Field::Name,
            Some(Word::Bare(word)) if is_field(word) => Field::Attribute(word.to_owned()),
            Some(Word::Quoted(name)) if !name.is_empty() => Field::Attribute(name),
            found => return Err(lacks("`name` or an attribute", found)),
        };
        let operator = match self.next()? {
            Some(Word::Bare(word)) => word,
            found => return Err(lacks(OPERATORS, found)),
        };
        let is = match operator {
            "exists" => Is::There,
            "starts_with" => Is::StartsWith(self.text(operator)?),
            "ends_with" => Is::EndsWith(self.text(operator)?),
            "contains" => Is::Contains(self.text(operator)?),
            "=" => self.compared(operator, Comparison::Equal)?,
            "!=" => self.compared(operator, Comparison::Unequal)?,
            "<" => self.compared(operator, Comparison::Less)?,
            "<=" => self.compared(operator, Comparison::AtMost)?,
            ">" => self.compared(operator, Comparison::Greater)?,
            ">=" => self.compared(operator, Comparison::AtLeast)?,
            word => return Err(lacks(OPERATORS, Some(Word::Bare(word)))),
        };
        Ok(Filter::Test { of, is })
    }

    fn text(&mut self, operator: &str) -> Result<String, String> {
        match self.next()? {
            Some(Word::Quoted(text)) => Ok(text),
            found => Err(lacks(&format!("a text in double quotes after `{operator}`"), found)),
        }
    }

    /// Texts and flags are equal or not; only numbers have an order.
    fn compared(&mut self, operator: &str, comparison: Comparison) -> Result<Is, String> {
        let is_it = comparison == Comparison::Equal;
        let has_order = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        match self.next()? {
            Some(Word::Quoted(text)) if !has_order => Ok(Is::Text(is_it, text)),
            Some(Word::Bare(flag @ ("true" | "false"))) if !has_order => Ok(Is::Text(is_it, flag.to_owned())),
            Some(Word::Bare(number)) => match number.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Is::Number(comparison, value)),
                _ => Err(format!("has `{number}` after `{operator}`: write texts in double quotes")),
            },
            found => Err(lacks(&format!("a number after `{operator}`"), found)),
        }
    }

    fn next(&mut self) -> Result<Option<Word<'a>>, String> {
        self.ahead.take().map_or_else(|| self.words.next().transpose(), |word| Ok(Some(word)))
    }

    /// Whether `word` is next; then it is passed.
    fn takes(&mut self, word: &str) -> Result<bool, String> {
        let next = self.next()?;
        let is_it = next == Some(Word::Bare(word));
        self.ahead = next.filter(|_| !is_it);
        Ok(is_it)
    }
}

fn lacks(what: &str, found: Option<Word<'_>>) -> String {
    found.map_or_else(
        || format!("ends where {what} should be"),
        |found| format!("has {found} where {what} should be"),
    )
}

fn alone(mut filters: Vec<Filter>, several: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        last => {
            filters.extend(last);
            several(filters)
        }
    }
}

/// Words that mean something else.
const KEY_WORDS: [&str; 7] = ["and", "or", "not", "exists", "starts_with", "ends_with", "contains"];

fn is_field(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic()) && !KEY_WORDS.contains(&word)
}

struct Words<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Iterator for Words<'a> {
    type Item = Result<Word<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let (from, first) = self.chars.next()?;
        Some(match first {
            '"' => self.quoted(),
            '(' | ')' => Ok(self.bare(from, |_| false)),
            '=' | '!' | '<' | '>' => Ok(self.bare(from, |c| c == '=')),
            c if is_bare(c) => Ok(self.bare(from, is_bare)),
            c => Err(format!("has {c:?}: write texts, and attributes with such letters, in double quotes")),
        })
    }
}

impl<'a> Words<'a> {
    fn bare(&mut self, from: usize, goes_on: impl Fn(char) -> bool) -> Word<'a> {
        while self.chars.next_if(|(_, c)| goes_on(*c)).is_some() {}
        let to = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        Word::Bare(self.text.get(from..to).unwrap_or_default())
    }

    fn quoted(&mut self) -> Result<Word<'a>, String> {
        let mut text = String::new();
        while let Some((_, c)) = self.chars.next() {
            match c {
                '"' => return Ok(Word::Quoted(text)),
                '\\' => match self.chars.next() {
                    Some((_, c @ ('"' | '\\'))) => text.push(c),
                    _ => return Err("has a \\ that is followed by neither \" nor \\".to_owned()),
                },
                c => text.push(c),
            }
        }
        Err("lacks a closing \"".to_owned())
    }
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || "._-/:@+".contains(c)
}
