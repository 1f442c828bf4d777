//! Links: what an event points to, and why.

use core::ops::{BitOr, BitOrAssign};

use crate::{
    ids::{SpanId, TraceId},
    strings::StrId,
};

/// Points from an event to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it points to.
    pub target: Target,
    /// Why.
    pub kinds: LinkKinds,
    /// With [`LinkKinds::NAMED`] the app's own name of the kind; else the rule that inferred the link. `None`: it is known,
    /// not inferred.
    pub rule: Option<StrId>,
}

/// The event a link points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An event of the same page, by number.
    Own(u64),
    /// Any other span.
    Foreign(TraceId, SpanId),
}

/// A set of kinds: a link has one target and may have several reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LinkKinds(pub u32);

impl LinkKinds {
    /// What triggered it.
    pub const CAUSE: Self = Self(1);
    /// The root before it in the same page.
    pub const PREVIOUS: Self = Self(1 << 1);
    /// Its page load.
    pub const PAGE: Self = Self(1 << 2);
    /// The event that began its view.
    pub const VIEW: Self = Self(1 << 3);
    /// The last root of the session before.
    pub const SESSION: Self = Self(1 << 4);
    /// The page that opened this tab.
    pub const OPENER: Self = Self(1 << 5);
    /// The document this one stands in for.
    pub const RESTORED: Self = Self(1 << 6);
    /// The closure whose true end this is.
    pub const RESUMES: Self = Self(1 << 7);
    /// The backend trace that rendered the document.
    pub const SERVER: Self = Self(1 << 8);
    /// A kind of the app's own: [`Link::rule`] is its name.
    pub const NAMED: Self = Self(1 << 9);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::CAUSE, "cause"),
        (Self::PREVIOUS, "previous"),
        (Self::PAGE, "page"),
        (Self::VIEW, "view"),
        (Self::SESSION, "session"),
        (Self::OPENER, "opener"),
        (Self::RESTORED, "restored"),
        (Self::RESUMES, "resumes"),
        (Self::SERVER, "server"),
    ];

    /// Every bit that has a meaning.
    pub const ALL: Self = Self((1 << 10) - 1);

    /// Whether every kind of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The values of the attribute `weft.link`, always in the same order, without the app's own.
    pub fn names(self) -> impl DoubleEndedIterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(kind, _)| self.contains(*kind)).map(|(_, name)| name)
    }
}

impl BitOr for LinkKinds {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for LinkKinds {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
