//! As much of PromQL as the alerts about the ledger use, over one scrape: `+ - *`, `or`, `!=`, `sum without`.

use std::iter::Peekable;

use super::scrape::{Labels, Scrape};

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(f64),
    Vector(Vec<(Labels, f64)>),
}

/// Evaluates `expression`.
pub(super) fn evaluate(expression: &str, scrape: &Scrape) -> Value {
    let tokens = tokens(expression);
    let mut reading = Reading { tokens: tokens.iter().map(String::as_str).peekable(), scrape };
    let value = reading.either();
    assert_eq!(reading.tokens.next(), None, "`{expression}` is read to its end");
    value
}

fn tokens(expression: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut was_word = false;
    for c in expression.chars() {
        match tokens.last_mut() {
            Some(last) if (was_word && is_word(c)) || (last == "!" && c == '=') => last.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        was_word = is_word(c);
    }
    tokens
}

struct Reading<'a, T: Iterator<Item = &'a str>> {
    tokens: Peekable<T>,
    scrape: &'a Scrape,
}

impl<'a, T: Iterator<Item = &'a str>> Reading<'a, T> {
    /// `or` binds the least: what is on its right counts where nothing on its left has the same labels.
    fn either(&mut self) -> Value {
        let mut left = self.differs();
        while self.tokens.next_if_eq(&"or").is_some() {
            let (Value::Vector(mut rows), Value::Vector(others)) = (left, self.differs()) else {
                panic!("`or` is between vectors")
            };
            let missing = |other: &(Labels, f64)| rows.iter().all(|(labels, _)| *labels != other.0);
            let more: Vec<_> = others.into_iter().filter(missing).collect();
            rows.extend(more);
            left = Value::Vector(rows);
        }
        left
    }

    /// `!= number` leaves the rows that have another.
    fn differs(&mut self) -> Value {
        let left = self.sum();
        if self.tokens.next_if_eq(&"!=").is_none() {
            return left;
        }
        let (Value::Vector(mut rows), Value::Scalar(number)) = (left, self.sum()) else {
            panic!("rows are compared with a number")
        };
        rows.retain(|(_, value)| (value - number).abs() > f64::EPSILON);
        Value::Vector(rows)
    }

    fn sum(&mut self) -> Value {
        let mut left = self.product();
        while let Some(operator) = self.tokens.next_if(|token| ["+", "-"].contains(token)) {
            let right = self.product();
            left = join(left, right, |a, b| if operator == "+" { a + b } else { a - b });
        }
        left
    }

    fn product(&mut self) -> Value {
        let mut left = self.atom();
        while self.tokens.next_if_eq(&"*").is_some() {
            let right = self.atom();
            left = join(left, right, |a, b| a * b);
        }
        left
    }

    fn atom(&mut self) -> Value {
        let token = self.tokens.next().expect("there is more");
        if token == "(" {
            let inner = self.either();
            assert_eq!(self.tokens.next(), Some(")"));
            return inner;
        }
        if token == "sum" {
            assert_eq!(self.tokens.next(), Some("without"), "nothing else is needed");
            let names: Vec<&str> = self.tokens.by_ref().take_while(|token| *token != ")").collect();
            let inner = self.atom();
            return without(inner, &names);
        }
        token.parse().map_or_else(|_| self.rows(token), Value::Scalar)
    }

    fn rows(&self, name: &str) -> Value {
        Value::Vector(self.scrape.0.get(name).cloned().unwrap_or_default())
    }
}

fn without(value: Value, names: &[&str]) -> Value {
    let Value::Vector(rows) = value else { panic!("rows are summed") };
    let mut sums: Vec<(Labels, f64)> = Vec::new();
    for (mut labels, value) in rows {
        labels.retain(|label, _| !names.contains(&label.as_str()));
        match sums.iter_mut().find(|(known, _)| *known == labels) {
            Some((_, sum)) => *sum += value,
            None => sums.push((labels, value)),
        }
    }
    Value::Vector(sums)
}

/// Rows with the same labels, one by one; a number with every row.
fn join(left: Value, right: Value, how: impl Fn(f64, f64) -> f64) -> Value {
    match (left, right) {
        (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(how(a, b)),
        (Value::Scalar(a), Value::Vector(rows)) => {
            Value::Vector(rows.into_iter().map(|(labels, b)| (labels, how(a, b))).collect())
        }
        (Value::Vector(rows), Value::Scalar(b)) => {
            Value::Vector(rows.into_iter().map(|(labels, a)| (labels, how(a, b))).collect())
        }
        (Value::Vector(rows), Value::Vector(others)) => {
            let partner = |labels: &Labels| others.iter().find(|(other, _)| other == labels);
            let joined = rows.into_iter().filter_map(|(labels, a)| {
                let b = partner(&labels)?.1;
                Some((labels, how(a, b)))
            });
            Value::Vector(joined.collect())
        }
    }
}
