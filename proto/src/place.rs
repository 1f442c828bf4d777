//! The columns of the events, by their numbers on the wire.

/// A column: one number per event, but for those of links. Left out, it is all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Column {
    /// What it is beyond the one that follows the event before.
    Number = 0,
    /// Position in the shapes.
    Shape,
    /// Difference to the event before, signed; the first one's is since 1970.
    Start,
    /// What the start is off, signed; see `time.rs`.
    StartDust,
    /// Time units.
    Duration,
    /// What the end is off, signed.
    EndDust,
    /// 0: as the event before. 1: none. Else the position in the sessions, plus 2.
    Session,
    /// Difference to the event before, signed.
    Epoch,
    /// How many numbers back; 0: none.
    Parent,
    /// 0: as expected: that of its parent, or none. 1: none, it is one. Else how many numbers back, plus 2.
    Root,
    /// 0: as expected: of a root the last root before it. 1: none. Else how many numbers back, plus 2.
    Previous,
    /// 0: as the event before. 1: none. Else how many numbers back, plus 2.
    View,
    /// 0: as the event before. 1: none. Else how many numbers back, plus 2.
    Interaction,
    /// 0: finished. Else how the page was.
    State,
    /// How many links there are.
    LinkCount,
    /// Per link. Bit 0 clear: the rest is how many numbers back, signed. Bit 0 set: the rest is 0 for the next foreign
    /// id, else how many foreign ids back it was, plus 1.
    LinkTarget,
    /// Per link: bit set of kinds.
    LinkKinds,
    /// Per link. 0: none. Else a reference to a string, plus 1.
    LinkRule,
}

impl Column {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 18] = [
        Self::Number,
        Self::Shape,
        Self::Start,
        Self::StartDust,
        Self::Duration,
        Self::EndDust,
        Self::Session,
        Self::Epoch,
        Self::Parent,
        Self::Root,
        Self::Previous,
        Self::View,
        Self::Interaction,
        Self::State,
        Self::LinkCount,
        Self::LinkTarget,
        Self::LinkKinds,
        Self::LinkRule,
    ];
}
