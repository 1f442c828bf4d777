//! Links of all events, one column after the other.

use alloc::vec::Vec;

use super::{
    DecodeError,
    column::{Column, Columns},
    error::within,
    fields::{Varints, unzigzag},
    value::Text,
};
use crate::{
    event::{Link, LinkKinds, Target},
    ids::{SpanId, TraceId},
    limits,
};

/// Bytes of a link in OTLP: its ids, its kinds, and what frames them.
const LINK_BYTES: usize = 100;

/// The links of a batch, taken one after the other.
pub(super) struct Links<'a> {
    targets: Varints<'a>,
    kinds: Column<'a>,
    rules: Column<'a>,
    foreign: &'a [[u8; 24]],
}

impl<'a> Links<'a> {
    pub(super) fn of(columns: &Columns<'a>, foreign: &'a [u8]) -> Result<Self, DecodeError> {
        let (foreign, rest) = foreign.as_chunks();
        if !rest.is_empty() {
            return Err(DecodeError::Invalid("foreign ids"));
        }
        let [kinds, rules] = [17, 18].map(|tag| columns.get(tag));
        Ok(Self { targets: Varints::of(columns.0.get(16)), kinds, rules, foreign })
    }

    /// How many there are, unless that is too many.
    pub(super) fn count(&self) -> usize {
        self.targets.count().min(limits::MAX_RESOLVED_BYTES / LINK_BYTES)
    }

    /// The links of one event.
    #[inline]
    pub(super) fn read(
        &mut self,
        number: u64,
        count: u32,
        text: &mut Text,
        all: &mut Vec<Link>,
    ) -> Result<(), DecodeError> {
        within("links of an event", count as usize, limits::MAX_LINKS)?;
        text.spend(count as usize * LINK_BYTES)?;
        for _ in 0..count {
            let target = self.targets.next().ok_or_else(|| self.targets.why("link count"))?;
            let kinds = LinkKinds(self.kinds.next()? as u32);
            let rule = (self.rules.next()? as u32).checked_sub(1);
            let needs_rule = kinds.0 == 0 || kinds.contains(LinkKinds::NAMED);
            if needs_rule && rule.is_none() || !LinkKinds::ALL.contains(kinds) {
                return Err(DecodeError::Invalid("link kind"));
            }
            let rule = rule.map(|rule| text.name(rule)).transpose()?;
            all.push(Link { target: self.target(number, target)?, kinds, rule });
        }
        Ok(())
    }

    fn target(&self, number: u64, coded: u64) -> Result<Target, DecodeError> {
        let rest = coded >> 1;
        if coded & 1 == 0 {
            return number
                .checked_add_signed(unzigzag(rest).wrapping_neg())
                .filter(|target| *target <= limits::MAX_NUMBER && *target != number)
                .map(Target::Own)
                .ok_or(DecodeError::Invalid("link target"));
        }
        let id = usize::try_from(rest).ok().and_then(|at| self.foreign.get(at));
        id.and_then(|id| {
            let (trace, span): (&TraceId, _) = id.split_first_chunk()?;
            let span: SpanId = span.try_into().ok()?;
            Some(Target::Foreign(*trace, span))
        })
        .ok_or(DecodeError::Invalid("link target"))
    }

    /// There are none beside those that events have.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if !self.targets.is_empty() {
            return Err(DecodeError::Invalid("link count"));
        }
        self.kinds.end()?;
        self.rules.end()
    }
}
