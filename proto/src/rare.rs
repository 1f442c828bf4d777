//! Several of something behind one pointer: what is rare is not to make what is common larger.

use alloc::{boxed::Box, vec::Vec};
use core::ops::Deref;

use crate::event::Value;

/// A batch holds ten for every event, and touching memory is most of what decoding costs.
const _: () = assert!(size_of::<Value>() <= 16);

/// A list that takes one word where it is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Rare<T>(#[allow(clippy::box_collection)] Box<Vec<T>>);

impl<T> Deref for Rare<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for Rare<T> {
    fn from(all: Vec<T>) -> Self {
        Self(Box::new(all))
    }
}

impl<T> FromIterator<T> for Rare<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        all.into_iter().collect::<Vec<_>>().into()
    }
}
