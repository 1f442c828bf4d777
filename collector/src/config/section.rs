//! One table of the file, read key by key; what is wrong is noted, and reading goes on.

use std::{cell::RefCell, ops::RangeInclusive, time::Duration};

use toml::{Table, Value};

use super::Mistake;

/// Where mistakes are collected.
#[derive(Default)]
pub(super) struct Notes(RefCell<Vec<Mistake>>);

impl Notes {
    pub(super) fn add(&self, path: impl Into<String>, message: impl Into<String>) {
        self.0.borrow_mut().push(Mistake { path: path.into(), message: message.into() });
    }

    pub(super) fn into_inner(self) -> Vec<Mistake> {
        self.0.into_inner()
    }
}

/// A table whose keys are taken out one by one. Whatever is left at [`Section::end`] is unknown.
pub(super) struct Section<'a> {
    path: String,
    table: Table,
    known: Vec<&'static str>,
    notes: &'a Notes,
}

impl<'a> Section<'a> {
    pub(super) fn new(path: impl Into<String>, table: Table, notes: &'a Notes) -> Self {
        Self { path: path.into(), table, known: Vec::new(), notes }
    }

    /// Notes a mistake at `name`.
    pub(super) fn wrong(&self, name: &str, message: impl Into<String>) {
        self.notes.add(self.at(name), message);
    }

    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::String(_) => self.none(name, "is empty: give it a value or remove the line"),
            other => self.none(name, format!("is {}: write a string in quotes", other.type_str())),
        }
    }

    pub(super) fn needed(&mut self, name: &'static str, why: &str) -> String {
        let present = self.table.contains_key(name);
        let text = self.text(name);
        if !present {
            self.wrong(name, format!("is missing: {why}"));
        }
        text.unwrap_or_default()
    }

    pub(super) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let Value::Array(values) = self.take(name)? else {
            return self.none(name, "write a list of strings: [\"…\"]");
        };
        let texts: Vec<_> = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        if texts.len() < values.len() {
            self.wrong(name, "holds something that is not a string: put every entry in quotes");
        }
        Some(texts)
    }

    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        match self.take(name) {
            None => default,
            Some(Value::Boolean(flag)) => flag,
            Some(other) => {
                self.wrong(name, format!("is {}: write true or false", other.type_str()));
                default
            }
        }
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)], default: T) -> T {
        let Some(text) = self.text(name) else { return default };
        let found = words.iter().find(|(word, _)| *word == text);
        found.map_or_else(
            || {
                let all =
                    words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
                self.wrong(name, format!("is \"{text}\": write {all}"));
                default
            },
            |(_, value)| *value,
        )
    }

    pub(super) fn count(&mut self, name: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let Some(value) = self.take(name) else { return default };
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        match number {
            Some(number) if range.contains(&number) => number,
            _ => {
                let (least, most) = range.into_inner();
                let kind = value.type_str();
                let found = number.map_or(kind.to_owned(), |number| number.to_string());
                self.wrong(name, format!("is {found}: write a whole number from {least} to {most}"));
                default
            }
        }
    }

    /// A part of a whole, from 0 to 1, in parts of 10 000.
    pub(super) fn part(&mut self, name: &'static str) -> Option<u64> {
        let value = self.take(name)?;
        let part = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
        match part.filter(|part| (0.0..=1.0).contains(part)) {
            Some(part) => Some((part * 10_000.0).round() as u64),
            None => self.none(name, "write a number from 0 to 1, as in 0.1"),
        }
    }

    /// A number and its unit, as in "30d".
    pub(super) fn duration(&mut self, name: &'static str, default: Duration) -> Duration {
        let Some(text) = self.text(name) else { return default };
        let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
        let read = units.iter().find_map(|(unit, seconds)| {
            let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
            (1..=366 * 86_400 / seconds).contains(&number).then(|| Duration::from_secs(number * seconds))
        });
        read.unwrap_or_else(|| {
            let message =
                format!("is \"{text}\": write a number and s, m, h or d, at most a year, as in \"30d\"");
            self.wrong(name, message);
            default
        })
    }

    /// Whether there is such a key.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    pub(super) fn section(&mut self, name: &'static str) -> Section<'a> {
        let table = match self.take(name) {
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.wrong(name, format!("is not a table: write [{}]", self.at(name)));
                Table::new()
            }
            None => Table::new(),
        };
        Section::new(self.at(name), table, self.notes)
    }

    /// The tables inside this one, each under a name the user chose.
    pub(super) fn named(self) -> Vec<(String, Section<'a>)> {
        let (path, notes) = (self.path, self.notes);
        let mut sections = Vec::new();
        for (name, value) in self.table {
            let at = format!("{path}.{name}");
            let plain =
                name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
            if !plain || name.is_empty() {
                notes.add(&at, "the name may have up to 64 letters, digits, - and _ (it appears in metrics and file names)");
            }
            match value {
                Value::Table(table) => sections.push((name, Section::new(at, table, notes))),
                _ => notes.add(&at, format!("is not a table: write [{path}.{name}]")),
            }
        }
        sections
    }

    /// String to string, for headers.
    pub(super) fn pairs(&mut self, name: &'static str) -> Vec<(String, String)> {
        let section = self.section(name);
        let mut pairs = Vec::new();
        for (key, value) in &section.table {
            match value.as_str() {
                Some(value) => pairs.push((key.clone(), value.to_owned())),
                None => section.wrong(key, "write a string in quotes"),
            }
        }
        pairs
    }

    /// Everything has been asked for: what is left is unknown.
    pub(super) fn end(self) {
        for name in self.table.keys() {
            self.wrong(name, format!("is unknown here: remove it, or use one of {}", self.known.join(", ")));
        }
    }

    /// Tables in a row, as `[[name]]` writes them.
    pub(super) fn tables(&mut self, name: &'static str) -> Vec<Section<'a>> {
        let values = match self.take(name) {
            Some(Value::Array(values)) => values,
            Some(value) => vec![value],
            None => Vec::new(),
        };
        let mut sections = Vec::new();
        for (at, value) in values.into_iter().enumerate() {
            match value {
                Value::Table(table) => {
                    sections.push(Section::new(format!("{}[{at}]", self.at(name)), table, self.notes));
                }
                _ => self.wrong(name, format!("write each one as a table under [[{}]]", self.at(name))),
            }
        }
        sections
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.table.remove(name)
    }

    fn none<T>(&self, name: &str, message: impl Into<String>) -> Option<T> {
        self.wrong(name, message);
        None
    }
}
