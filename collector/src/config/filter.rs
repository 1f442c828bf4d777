//! `where`: which events a rule looks at, as a person writes it: `name = "checkout" or http.route starts_with "/cart"`.

mod read;

use std::borrow::Cow;

/// A condition on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// One of these at least.
    Any(Vec<Filter>),
    /// All of these.
    All(Vec<Filter>),
    /// What this is not.
    Not(Box<Filter>),
    /// What one value of the event is.
    Test {
        /// Of which value.
        of: Field,
        /// What it has to be.
        is: Is,
    },
}

/// A value of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Its name.
    Name,
    /// The attribute of this name.
    Attribute(String),
}

/// What a value has to be. One that is not there is nothing of this.
#[derive(Clone, Debug, PartialEq)]
pub enum Is {
    /// There.
    There,
    /// This text, or not.
    Text(bool, String),
    /// A number that stands so to this one.
    Number(Comparison, f64),
    /// A text with this beginning.
    StartsWith(String),
    /// A text with this end.
    EndsWith(String),
    /// A text with this in it.
    Contains(String),
}

/// Numbers in it are finite: each is itself.
impl Eq for Is {}

/// How two numbers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// What a condition is put to.
pub trait Subject {
    /// Its name.
    fn name(&self) -> Cow<'_, str>;
    /// The attribute of this name as a text, if it is a text, a number or a flag.
    fn attribute(&self, name: &str) -> Option<Cow<'_, str>>;
}

impl Filter {
    /// Reads a condition.
    ///
    /// # Errors
    /// What to change.
    pub fn read(text: &str) -> Result<Self, String> {
        read::filter(text)
    }

    /// Whether it holds for `subject`.
    pub fn holds(&self, subject: &impl Subject) -> bool {
        match self {
            Self::Any(any) => any.iter().any(|filter| filter.holds(subject)),
            Self::All(all) => all.iter().all(|filter| filter.holds(subject)),
            Self::Not(filter) => !filter.holds(subject),
            Self::Test { of: Field::Name, is } => is.holds(&subject.name()),
            Self::Test { of: Field::Attribute(name), is } => {
                subject.attribute(name).is_some_and(|value| is.holds(&value))
            }
        }
    }

    /// The attributes it asks for.
    pub(crate) fn attributes(&self) -> Vec<&str> {
        match self {
            Self::Any(all) | Self::All(all) => all.iter().flat_map(Self::attributes).collect(),
            Self::Not(filter) => filter.attributes(),
            Self::Test { of: Field::Attribute(name), .. } => vec![name],
            Self::Test { of: Field::Name, .. } => Vec::new(),
        }
    }
}

impl Is {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::There => true,
            Self::Text(is_it, text) => (value == text) == *is_it,
            Self::Number(comparison, number) => {
                value.parse::<f64>().is_ok_and(|value| comparison.holds(value, *number))
            }
            Self::StartsWith(text) => value.starts_with(text),
            Self::EndsWith(text) => value.ends_with(text),
            Self::Contains(text) => value.contains(text),
        }
    }
}

impl Comparison {
    #[expect(clippy::float_cmp, reason = "written as numbers, by those who mean just these")]
    fn holds(self, one: f64, other: f64) -> bool {
        match self {
            Self::Equal => one == other,
            Self::Unequal => one != other,
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::Greater => one > other,
            Self::AtLeast => one >= other,
        }
    }
}

#[cfg(test)]
mod tests;
