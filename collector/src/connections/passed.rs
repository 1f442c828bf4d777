//! Which spans have passed, in a bounded number of bytes: what has passed is never taken for what has not, for as far
//! back as this reaches. One in a few hundred that has not passed is taken for one that has.

use super::key::Key;

/// Two filters: the younger is written to, and takes the place of the older when it is full.
#[derive(Debug, Default)]
pub(super) struct Passed {
    young: Filter,
    old: Option<Filter>,
}

#[derive(Debug, Default)]
struct Filter {
    words: Vec<u64>,
    spans: usize,
    began_ms: u64,
}

/// Spans in one filter, at 16 bits each: 2 MiB. Both reach back over 17 minutes at least where a thousand pass in a second.
const SPANS: usize = 1 << 20;
const WORDS: usize = SPANS / 4;

impl Passed {
    pub(super) fn put(&mut self, span: Key, now_ms: u64) {
        if self.young.words.is_empty() {
            self.young = Filter { words: vec![0; WORDS], spans: 0, began_ms: now_ms };
        }
        if self.young.spans >= SPANS {
            let mut next =
                self.old.take().unwrap_or_else(|| Filter { words: vec![0; WORDS], ..Filter::default() });
            next.words.fill(0);
            (next.spans, next.began_ms) = (0, now_ms);
            self.old = Some(std::mem::replace(&mut self.young, next));
        }
        self.young.put(span);
    }

    pub(super) fn has(&self, span: Key) -> bool {
        self.young.has(span) || self.old.as_ref().is_some_and(|old| old.has(span))
    }

    /// Everything that has passed since then is known.
    pub(super) fn since_ms(&self) -> u64 {
        self.old.as_ref().map_or(self.young.began_ms, |old| old.began_ms)
    }
}

impl Filter {
    fn put(&mut self, span: Key) {
        let (at, bits) = place(span);
        if let Some(word) = self.words.get_mut(at) {
            *word |= bits;
        }
        self.spans += 1;
    }

    fn has(&self, span: Key) -> bool {
        let (at, bits) = place(span);
        self.words.get(at).is_some_and(|word| word & bits == bits)
    }
}

/// Its word, and four bits of it: one place in memory is all that is touched.
fn place(Key(hash): Key) -> (usize, u64) {
    let bit = |from: u32| 1_u64 << (hash >> from & 63);
    (hash as usize % WORDS, bit(40) | bit(46) | bit(52) | bit(58))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::key::Keyed;

    #[test]
    fn what_has_passed_is_known_as_far_back_as_it_says_and_few_others_are_taken_for_it() {
        let (keyed, mut passed) = (Keyed::new(), Passed::default());
        let key = |number: u64| keyed.view(&[], number);
        let spans = 2 * SPANS as u64 + 1;
        (0..spans).for_each(|number| passed.put(key(number), number));
        assert_eq!(passed.since_ms(), SPANS as u64);
        assert!((passed.since_ms()..spans).all(|number| passed.has(key(number))));
        let taken = (spans..2 * spans).filter(|number| passed.has(key(*number))).count();
        assert!(taken * 100 < spans as usize, "{taken} of {spans}");
        assert!(passed.young.words.len() == WORDS && passed.old.unwrap().words.len() == WORDS);
    }
}
