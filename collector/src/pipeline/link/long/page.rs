//! What is open of one page, as it is kept: what each of its words adds, and until when its ends are waited for.

use weft_proto::{OpenState, Seed};

use super::{Due, Heard, Patience, Sizes, Why, Word};
use crate::{ledger::Owner, pipeline::spool::Stamp};

/// A page with something open.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Page {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    application: String,
    #[prost(bytes = "vec", tag = "3")]
    page: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    seed: Vec<u8>,
    #[prost(message, optional, tag = "5")]
    stamp: Option<Stamp>,
    #[prost(string, optional, tag = "6")]
    user_agent: Option<String>,
    /// When anything of it was last received.
    #[prost(uint64, tag = "7")]
    seen_ms: u64,
    #[prost(message, repeated, tag = "8")]
    pub(super) open: Vec<Open>,
    /// The time under which the store finds it; 0: none.
    #[prost(uint64, tag = "9")]
    pub(super) stored_due_ms: u64,
}

/// An event that has not ended.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Open {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
    /// As [`OpenState`], of its latest word that was not of another page.
    #[prost(uint32, tag = "2")]
    state: u32,
    #[prost(uint64, tag = "3")]
    lasted_ns: u64,
    /// When another page said that its page is dead. That may know less of how long it lived; but it knows that it is
    /// dead, unless that has said something new since.
    #[prost(uint64, tag = "4")]
    gone_ms: u64,
    #[prost(sint64, optional, tag = "5")]
    skew_ms: Option<i64>,
    #[prost(bool, tag = "6")]
    is_told: bool,
    #[prost(bytes = "vec", tag = "7")]
    told: Vec<u8>,
    /// When its page said what nobody had said before.
    #[prost(uint64, tag = "8")]
    spoke_ms: u64,
}

/// Bytes of what is open of one page.
const MOST_BYTES: usize = 64 * 1024;

/// What a row takes beside what its page says.
const ROW_BYTES: usize = 200;

impl Page {
    /// One that nothing is known of.
    pub(super) fn new(heard: &Heard) -> Self {
        Self {
            key: heard.owner.key.to_string(),
            application: heard.owner.application.to_string(),
            page: heard.page.to_vec(),
            stamp: Some(heard.stamp.clone()),
            user_agent: heard.user_agent.clone(),
            ..Self::default()
        }
    }

    /// Something of it was received: it is alive, and what has ended is not open.
    pub(super) fn hear(&mut self, heard: &Heard) {
        self.seen_ms = self.seen_ms.max(heard.at_ms);
        self.open.retain(|open| !heard.ended.contains(open.number));
    }

    /// Whether there is room for a word of something that is not known to be open.
    pub(super) fn has_room(&self, word: &Word) -> bool {
        let told = word.told.as_ref().map_or(0, Vec::len);
        self.bytes() + told <= MOST_BYTES || self.knows(word.number)
    }

    pub(super) fn knows(&self, number: u64) -> bool {
        self.open.iter().any(|open| open.number == number)
    }

    /// Takes a word in. Words come in any order, and several times: the one that saw the event last counts.
    pub(super) fn take(&mut self, word: Word, at_ms: u64) {
        self.seed = word.seed.0.to_vec();
        let at = self.open.iter().position(|open| open.number == word.number).unwrap_or_else(|| {
            self.open.push(Open { number: word.number, ..Open::default() });
            self.open.len() - 1
        });
        let Some(open) = self.open.get_mut(at) else { return };
        let state = word.state as u32;
        if word.state == OpenState::Gone {
            open.gone_ms = open.gone_ms.max(at_ms);
        } else if open.state == 0 || (word.lasted_ns, state) > (open.lasted_ns, open.state) {
            open.state = state;
            if word.lasted_ns > open.lasted_ns {
                open.spoke_ms = at_ms;
            }
        }
        open.lasted_ns = open.lasted_ns.max(word.lasted_ns);
        if open.told.is_empty() || (word.is_told && !open.is_told) {
            (open.is_told, open.skew_ms) = (word.is_told, word.skew_ms);
            open.told = word.told.unwrap_or_default();
        }
    }

    /// `number` was given up.
    pub(super) fn close(&mut self, number: u64) {
        self.open.retain(|open| open.number != number);
    }

    /// When the first of its ends is not waited for any more.
    pub(super) fn due_ms(&self, patience: Patience) -> Option<u64> {
        self.open.iter().map(|open| self.due_of(open, patience).0).min()
    }

    /// What is not waited for any more.
    pub(super) fn due(&self, now_ms: u64, patience: Patience) -> Vec<Due> {
        let due = self.open.iter().filter_map(|open| {
            let (at_ms, why) = self.due_of(open, patience);
            (at_ms <= now_ms).then(|| self.give_up(open, why)).flatten()
        });
        due.collect()
    }

    fn due_of(&self, open: &Open, patience: Patience) -> (u64, Why) {
        let (from, wait, why) = match OpenState::from_wire(open.state) {
            _ if open.gone_ms > 0 && open.gone_ms >= open.spoke_ms => {
                (open.gone_ms, patience.gone, Why::Gone)
            }
            Some(OpenState::Visible) => (self.seen_ms, patience.interrupted, Why::Interrupted),
            _ => (self.seen_ms, patience.abandoned, Why::Abandoned),
        };
        (from.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)), why)
    }

    fn give_up(&self, open: &Open, why: Why) -> Option<Due> {
        Some(Due {
            owner: Owner::new(&self.key, &self.application),
            page: self.page.as_slice().try_into().ok()?,
            seed: Seed(self.seed.as_slice().try_into().ok()?),
            stamp: self.stamp.clone().unwrap_or_default(),
            user_agent: self.user_agent.clone(),
            number: open.number,
            lasted_ns: open.lasted_ns,
            skew_ms: open.skew_ms,
            told: open.told.clone(),
            why,
        })
    }

    /// What is open of it; nothing where all has ended.
    pub(super) fn sizes(&self) -> Sizes {
        let bytes = if self.open.is_empty() { 0 } else { self.bytes() as u64 };
        Sizes { open: self.open.len() as u64, bytes }
    }

    /// Bytes it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let open: usize = self.open.iter().map(|open| 48 + open.told.len()).sum();
        ROW_BYTES + open
    }
}
