//! What a body in the JSON form holds: the calls of `js/event.ts`, as `js/raw.ts` and `js/stub.ts` post them. What is
//! not known is refused.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, SeqAccess, Visitor},
};
use weft_proto::{OpenState, limits::MAX_NUMBER};

use super::text::{Attributes, Counts, Hex, Text};

/// One request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body<'a> {
    /// Format version.
    pub(super) weft: u8,
    pub(super) seed: Hex<16>,
    /// Of the request in its page.
    pub(super) number: Number,
    /// When it was sent, ms since 1970.
    pub(super) sent: Number,
    pub(super) epoch: u32,
    /// How the page was, as in the column `state`; nothing: visible.
    #[serde(default)]
    pub(super) state: State,
    #[serde(borrow, default)]
    pub(super) resource: Attributes<'a>,
    /// Events given up, by reason.
    #[serde(borrow, default)]
    pub(super) dropped: Counts<'a>,
    #[serde(borrow)]
    pub(super) calls: Vec<Call<'a>>,
}

/// A number that counts or names: exact in JavaScript.
#[derive(Clone, Copy)]
pub(super) struct Number(pub(super) u64);

/// How the page was.
pub(super) struct State(pub(super) OpenState);

/// A call into the module: its name, then what it is given.
pub(super) enum Call<'a> {
    Session(Session),
    Begin(Begin),
    Link(Link<'a>),
    Long(Long<'a>),
    Finish(Finish<'a>),
    Cancel(Number),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub(super) id: Hex<16>,
    #[serde(default)]
    pub(super) previous: Option<Hex<16>>,
    pub(super) randomness: Hex<7>,
    /// Trace and span id of the last root of the session before.
    #[serde(default)]
    pub(super) root: Option<Hex<24>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    pub(super) number: Number,
    pub(super) start: f64,
    pub(super) epoch: u32,
    pub(super) role: u8,
    /// Number of an event, or -1.
    pub(super) cause: f64,
    pub(super) inferred: bool,
    /// Number of an event, or -1.
    pub(super) parent: f64,
    pub(super) root: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link<'a> {
    pub(super) number: Number,
    pub(super) kinds: u32,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    pub(super) to: Hex<24>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Long<'a> {
    pub(super) number: Number,
    pub(super) kind: u8,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) attributes: Attributes<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish<'a> {
    pub(super) number: Number,
    pub(super) duration: f64,
    pub(super) kind: u8,
    pub(super) status: u8,
    pub(super) demoted: bool,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) attributes: Attributes<'a>,
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u64::deserialize(from)? {
            number if number > MAX_NUMBER => Err(D::Error::custom("a number beyond 2^53 - 1")),
            number => Ok(Self(number)),
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self(OpenState::Visible)
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let state = OpenState::from_wire(u8::deserialize(from)?.into());
        state.map(Self).ok_or_else(|| D::Error::custom("a page is in no such state"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Call<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(OneCall)
    }
}

struct OneCall;

impl<'de> Visitor<'de> for OneCall {
    type Value = Call<'de>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a call: its name, and what it is given")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let name: Cow<'_, str> = given::<Text<'_>, _>(&mut seq)?.0;
        let call = match &*name {
            "session" => Call::Session(given(&mut seq)?),
            "begin" => Call::Begin(given(&mut seq)?),
            "link" => Call::Link(given(&mut seq)?),
            "long" => Call::Long(given(&mut seq)?),
            "finish" => Call::Finish(given(&mut seq)?),
            "cancel" => Call::Cancel(given(&mut seq)?),
            other => return Err(A::Error::custom(format_args!("there is no call {other:?}"))),
        };
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(call),
            Some(_) => Err(A::Error::custom(format_args!("{name:?} is given one thing only"))),
        }
    }
}

fn given<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(seq: &mut A) -> Result<T, A::Error> {
    seq.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &OneCall))
}
