//! Links of the events: how many, where to, why.

use alloc::vec::Vec;

use super::{DecodeError, error::within, text::Text};
use crate::{
    event::{Event, Link, LinkKinds, Target},
    limits,
    number::unzigzag,
};

/// Bytes of a link in OTLP: its ids, its kinds, and what frames them.
const LINK_BYTES: usize = 100;

const TARGET: DecodeError = DecodeError::Invalid("link target");
const KIND: DecodeError = DecodeError::Invalid("link kind");

#[derive(Default)]
pub(super) struct Links {
    /// By link: number of the event that has it.
    pub(super) of: Vec<u64>,
    /// Foreign ids that were named so far.
    foreign: Vec<[u8; 24]>,
}

impl Links {
    /// An event has so many.
    pub(super) fn count(
        &mut self,
        event: &mut Event,
        count: u64,
        text: &mut Text<'_>,
    ) -> Result<(), DecodeError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        within("links of an event", count, limits::MAX_LINKS)?;
        text.spend(count * LINK_BYTES)?;
        let start = self.of.len();
        self.of.resize(start + count, event.number);
        event.links = start as u32..self.of.len() as u32;
        Ok(())
    }

    /// A link of event `number`, kinds and rule not yet known.
    pub(super) fn to(&mut self, number: u64, coded: u64, text: &mut Text<'_>) -> Result<Link, DecodeError> {
        let target = self.target(number, coded, text)?;
        Ok(Link { target, kinds: LinkKinds::default(), rule: None })
    }

    pub(super) fn kinds(link: &mut Link, kinds: u64) -> Result<(), DecodeError> {
        link.kinds = u32::try_from(kinds).map(LinkKinds).map_err(|_| KIND)?;
        if LinkKinds::ALL.contains(link.kinds) { Ok(()) } else { Err(KIND) }
    }

    pub(super) fn rule(link: &mut Link, rule: u64, text: &mut Text<'_>) -> Result<(), DecodeError> {
        let needs_rule = link.kinds.0 == 0 || link.kinds.contains(LinkKinds::NAMED);
        if rule == 0 {
            return if needs_rule { Err(KIND) } else { Ok(()) };
        }
        link.rule = Some(text.name_of(rule - 1)?);
        Ok(())
    }

    fn target(&mut self, number: u64, coded: u64, text: &mut Text<'_>) -> Result<Target, DecodeError> {
        let rest = coded >> 1;
        if coded & 1 == 0 {
            return number
                .checked_add_signed(unzigzag(rest).wrapping_neg())
                .filter(|target| *target <= limits::MAX_NUMBER && *target != number)
                .map(Target::Own)
                .ok_or(TARGET);
        }
        if rest == 0 {
            self.foreign.push(text.id()?);
        }
        let back = usize::try_from(rest).ok().map(|rest| rest.max(1));
        let at = back.and_then(|back| self.foreign.len().checked_sub(back));
        let id = at.and_then(|at| self.foreign.get(at)).ok_or(TARGET)?;
        let (trace, span) = id.split_first_chunk().ok_or(TARGET)?;
        Ok(Target::Foreign(*trace, span.try_into().map_err(|_| TARGET)?))
    }
}
