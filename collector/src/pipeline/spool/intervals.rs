//! Sets of event numbers as sorted, disjoint, half-open intervals: a page of weeks is mostly one of them.

use std::ops::Range;

/// A set of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Intervals(Vec<(u64, u64)>);

impl Intervals {
    /// From numbers in ascending order.
    pub(crate) fn from_ascending(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut set = Self::default();
        for number in numbers {
            set.push(number, number.saturating_add(1));
        }
        set
    }

    /// From what [`Self::to_wire`] made. Whatever else it may be, it becomes a set.
    pub(crate) fn from_wire(flat: &[u64]) -> Self {
        let (pairs, _) = flat.as_chunks();
        let mut pairs: Vec<[u64; 2]> = pairs.to_vec();
        pairs.sort_unstable();
        let mut set = Self::default();
        pairs.into_iter().for_each(|[from, length]| set.push(from, from.saturating_add(length)));
        set
    }

    /// Start and length of each interval, one after the other.
    pub(crate) fn to_wire(&self) -> Vec<u64> {
        self.0.iter().flat_map(|(from, to)| [*from, to - from]).collect()
    }

    /// How many intervals.
    pub(crate) fn pieces(&self) -> usize {
        self.0.len()
    }

    /// Bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lowest number.
    pub(crate) fn start(&self) -> Option<u64> {
        self.0.first().map(|(from, _)| *from)
    }

    /// One more than the highest number.
    pub(crate) fn end(&self) -> u64 {
        self.0.last().map_or(0, |(_, to)| *to)
    }

    /// Every number in it.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|(from, to)| *from..*to)
    }

    /// How many numbers.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from).sum()
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(from, _)| *from <= number);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, to)| number < *to)
    }

    /// Numbers in this set and not in `other`.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        let mut others = other.0.iter().peekable();
        for (from, to) in &self.0 {
            let mut from = *from;
            while others.next_if(|(_, end)| *end <= from).is_some() {}
            while let Some((start, end)) = others.peek().filter(|(start, _)| start < to) {
                rest.push(from, *start);
                from = from.max(*end);
                if end > to {
                    break;
                }
                others.next();
            }
            rest.push(from, *to);
        }
        rest
    }

    /// Numbers in both sets.
    pub(crate) fn and(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() { Self::default() } else { self.minus(&self.minus(other)) }
    }

    /// Whether it has any number of `range`.
    pub(crate) fn any_in(&self, range: Range<u64>) -> bool {
        let at = self.0.partition_point(|(_, to)| *to <= range.start);
        range.start < range.end && self.0.get(at).is_some_and(|(from, _)| *from < range.end)
    }

    /// Numbers below `low`, and between its intervals.
    pub(crate) fn gaps(&self, low: u64) -> Self {
        let mut gaps = Self::default();
        gaps.push(0, low);
        for (before, after) in self.0.iter().zip(self.0.iter().skip(1)) {
            gaps.push(before.1, after.0);
        }
        gaps
    }

    /// Adds the numbers of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        let mut all = Self(Vec::with_capacity(self.0.len() + other.0.len()));
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a <= b => left.next(),
                (_, Some(_)) => right.next(),
                (Some(_), None) => left.next(),
                (None, None) => break,
            };
            next.into_iter().for_each(|(from, to)| all.push(*from, *to));
        }
        *self = all;
    }

    /// Takes the lowest intervals out until `most` are left; says how many numbers that were.
    pub(crate) fn forget_lowest(&mut self, most: usize) -> u64 {
        let surplus = self.0.len().saturating_sub(most);
        self.0.drain(..surplus).map(|(from, to)| to - from).sum()
    }

    /// Appends an interval that starts at or after the start of the last; joins it where they touch.
    fn push(&mut self, from: u64, to: u64) {
        if from >= to {
            return;
        }
        match self.0.last_mut() {
            Some((_, end)) if from <= *end => *end = (*end).max(to),
            _ => self.0.push((from, to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn naive(set: &Intervals) -> BTreeSet<u64> {
        set.0.iter().flat_map(|(from, to)| *from..*to).collect()
    }

    proptest! {
        #[test]
        fn intervals_are_a_set_of_numbers(a: BTreeSet<u8>, b: BTreeSet<u8>) {
            let (a, b): (BTreeSet<u64>, BTreeSet<u64>) =
                (a.into_iter().map(u64::from).collect(), b.into_iter().map(u64::from).collect());
            let left = Intervals::from_ascending(a.iter().copied());
            let right = Intervals::from_ascending(b.iter().copied());
            let mut both = left.clone();
            both.add(&right);
            prop_assert_eq!(naive(&both), &a | &b);
            prop_assert_eq!(naive(&left.minus(&right)), &a - &b);
            prop_assert_eq!(naive(&left.and(&right)), &a & &b);
            prop_assert_eq!(left.count(), a.len() as u64);
            let low = left.start().unwrap_or(0);
            let gap = |number: &u64| a.iter().any(|one| one > number);
            prop_assert_eq!(naive(&left.gaps(low)), (0..256).filter(gap).filter(|number| !a.contains(number)).collect());
            for from in 0..8 {
                let range = from * 30..from * 30 + b.len() as u64;
                prop_assert_eq!(left.any_in(range.clone()), a.iter().any(|number| range.contains(number)));
            }
            prop_assert_eq!(Intervals::from_wire(&left.to_wire()), left.clone());
            let mut any_order = left.to_wire();
            any_order.extend(right.to_wire());
            prop_assert_eq!(Intervals::from_wire(&any_order), both.clone());
            prop_assert!((0..=256).all(|number| left.contains(number) == a.contains(&number)));
            prop_assert!(both.0.windows(2).all(|pair| pair[0].1 < pair[1].0), "joined and sorted");
        }
    }
}
