//! Step 4 of 8, admit: request → bytes we are willing to read, or a refusal.
//!
//! From cheap to dear: method and path (the router), address, key, origin, rates that are used up, length, and only then the
//! body; and of what it says of its page, the rates from narrow to wide.

mod address;
mod body;
mod bucket;
mod crowd;
mod encoding;
mod gate;
mod headers;
mod token;

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{header, request::Parts},
};
use tokio::sync::OwnedSemaphorePermit;
use weft_proto::Head;

pub(crate) use self::{
    address::{Address, Peer},
    crowd::Blocked,
    encoding::{Coding, Encoding},
    gate::Gate,
    headers::bearer,
    token::sign as sign_token,
};

#[cfg(feature = "fuzz")]
pub(crate) use self::token::check as check_token;
use self::{
    crowd::{PageId, Who},
    gate::Sender,
    headers::{origin, query, text, user_agent},
};
use super::decode::json;
use crate::{
    config::{Key, KeyKind},
    reject::{Reject, TokenFault, Uncounted},
};

/// A request whose sender may send it, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) key: Arc<Key>,
    /// When its head arrived: a slow body is not a wrong clock.
    pub(crate) receive_time_ms: u64,
    pub(crate) user_agent: Option<String>,
    /// Where it came from, as limits by address count it.
    pub(crate) address: Option<Address>,
    pub(crate) coding: Coding,
    /// Of OTLP.
    pub(crate) encoding: Encoding,
    pub(crate) body: Bytes,
    /// How long its sender is asked to wait before it sends more.
    pub(crate) pause: Duration,
    /// The session that is to be erased, as it stands in the query.
    pub(crate) erase: Option<String>,
    /// Whether it is only to be told what would become of it.
    pub(crate) is_rehearsal: bool,
    /// Held as long as the body is.
    pub(crate) _room: Option<Arc<OwnedSemaphorePermit>>,
}

/// Admits a batch from a page.
pub(crate) async fn batch(gate: &Gate, request: Request) -> Result<Admitted, Uncounted> {
    admit(gate, request, gate.limits.request_bytes, check_batch).await
}

/// Admits OTLP from a server.
pub(crate) async fn otlp(gate: &Gate, request: Request) -> Result<Admitted, Uncounted> {
    admit(gate, request, gate.limits.otlp_request_bytes, check_otlp).await
}

/// What the head of a request says.
struct Checked<'a> {
    sender: &'a Sender,
    /// Who that is by a token.
    page: Option<PageId>,
    /// How the body travels.
    coding: Coding,
}

type Check = for<'a> fn(&'a Gate, &Parts, Option<Address>) -> Result<Checked<'a>, Uncounted>;

async fn admit(gate: &Gate, request: Request, limit: usize, check: Check) -> Result<Admitted, Uncounted> {
    let receive_time_ms = gate.clock.wall_ms();
    let (parts, mut body) = request.into_parts();
    let address = Address::of(parts.extensions.get().copied(), &parts.headers, &gate.limits.trusted_proxies);
    let read: Result<_, Uncounted> = async {
        let checked = check(gate, &parts, address).inspect_err(|refused| charge(gate, address, refused));
        let Checked { sender, page, coding } = checked?;
        let room = gate.clock.within(gate.limits.body_time, Arc::clone(&gate.bodies).acquire_owned()).await;
        let room = room.and_then(Result::ok).map(Arc::new);
        let bytes = match &room {
            Some(_) => body::read(&mut body, limit, &gate.limits, &gate.clock).await,
            None => return Err(Reject::SpoolBusy.by(Some(&sender.key))),
        };
        let bytes = bytes.inspect_err(|_| gate.crowd.charge(address, Some(&sender.bucket)));
        let spent = bytes.and_then(|bytes| Ok((spend(gate, sender, address, page, &bytes)?, bytes)));
        let (pause, bytes) = spent.map_err(|reject| reject.by(Some(&sender.key)))?;
        Ok((Arc::clone(&sender.key), coding, bytes, pause, room))
    }
    .await;
    match read {
        Ok((key, coding, body, pause, room)) => {
            let (user_agent, erase) = (user_agent(&parts.headers), query(&parts, "erase"));
            let encoding = Encoding::of(&parts.headers).unwrap_or(Encoding::Protobuf);
            let is_rehearsal = query(&parts, "dry-run").is_some();
            Ok(Admitted {
                key,
                receive_time_ms,
                user_agent,
                address,
                coding,
                encoding,
                body,
                pause,
                erase,
                is_rehearsal,
                _room: room,
            })
        }
        Err(refused) => {
            gate.blame(address, refused.key.as_ref(), &refused.reject);
            // Whoever was too slow or is gone gets no second chance to send the rest.
            if !matches!(refused.reject, Reject::BodyTimeout(_) | Reject::BodyBroken(_)) {
                finish(&parts, body, refused.reject.is_limit(), gate).await;
            }
            Err(refused)
        }
    }
}

/// Takes it from the rates of all whom it concerns. How long its sender is asked to pause.
fn spend(
    gate: &Gate,
    sender: &Sender,
    address: Option<Address>,
    page: Option<PageId>,
    body: &[u8],
) -> Result<Duration, Reject> {
    if sender.key.kind == KeyKind::Server {
        gate.crowd.spend_server(&sender.bucket)?;
        return Ok(Duration::ZERO);
    }
    let seed = || Head::read(body).ok().map(|(head, _)| head.seed.0).or_else(|| json::seed(body));
    // Seeds can be made up, tokens cannot.
    let page = page.or_else(|| Some(PageId::of(&sender.key.name, &seed()?)));
    let who = Who { address, key: Arc::clone(&sender.key.name), page, bytes: body.len() };
    gate.crowd.spend(&who, &sender.bucket)
}

/// Bytes of a refused body that are read and forgotten.
const MAX_DISCARDED_BYTES: usize = 4 * 1024 * 1024;

/// A refusal is read only by clients that were allowed to finish sending: closing before that resets the connection. Who sends
/// too much may finish what a page sends, and no more.
async fn finish(parts: &Parts, body: Body, is_limit: bool, gate: &Gate) {
    let most = if is_limit { gate.limits.request_bytes } else { MAX_DISCARDED_BYTES };
    if !parts.headers.contains_key(header::EXPECT) {
        body::discard(body, most, &gate.limits, &gate.clock).await;
    }
}

fn check_batch<'a>(
    gate: &'a Gate,
    parts: &Parts,
    address: Option<Address>,
) -> Result<Checked<'a>, Uncounted> {
    let sender = check_page(gate, parts, address)?;
    let page = by_token(gate, parts, &sender.key).map_err(|reject| reject.by(Some(&sender.key)))?;
    Ok(Checked { sender, page, coding: Coding::Identity })
}

/// A token for a page whose key makes them here.
pub(crate) fn token(gate: &Gate, request: Request) -> Result<String, Uncounted> {
    let (parts, _) = request.into_parts();
    let address = Address::of(parts.extensions.get().copied(), &parts.headers, &gate.limits.trusted_proxies);
    let made = check_page(gate, &parts, address).and_then(|sender| {
        let key = &sender.key;
        let (token, page) = token::make(key, gate.clock.wall_ms())
            .ok_or_else(|| Reject::Token(TokenFault::NotMade).by(Some(key)))?;
        // The page is heard of from now on: its first batch takes nothing of new pages.
        let who = Who { address, key: Arc::clone(&key.name), page: Some(page), bytes: 0 };
        let spent = gate.crowd.spend(&who, &sender.bucket);
        spent.map(|_| token).map_err(|reject| reject.by(Some(key)))
    });
    made.inspect_err(|refused| {
        charge(gate, address, refused);
        gate.blame(address, refused.key.as_ref(), &refused.reject);
    })
}

/// Who is refused for what he sent, and not for how much, pays with his address.
fn charge(gate: &Gate, address: Option<Address>, refused: &Uncounted) {
    if !refused.reject.is_limit() {
        gate.crowd.charge(address, None);
    }
}

/// Whether a page may send at all.
fn check_page<'a>(gate: &'a Gate, parts: &Parts, address: Option<Address>) -> Result<&'a Sender, Uncounted> {
    let presented = query(parts, "key").ok_or_else(|| Reject::KeyMissing.by(None))?;
    let known = gate.sender(&presented);
    let key = known.map(|sender| &sender.key);
    gate.crowd.may_come(address, key.map(|key| &key.name)).map_err(|reject| reject.by(key))?;
    let Some(sender) = known.filter(|sender| sender.key.kind == KeyKind::Browser) else {
        // Whoever guesses is not to find out here which secret keys there are.
        gate.crowd.has_failed(address).map_err(|reject| reject.by(None))?;
        let refuse = |sender: &Sender| Reject::ServerKeyForBatches.by(Some(&sender.key));
        return Err(known.map_or_else(|| Reject::KeyUnknown.by(None), refuse));
    };
    unexpired(gate, sender)?;
    let key = &sender.key;
    let origin = origin(&parts.headers);
    let origin = origin.ok_or_else(|| Reject::OriginMissing.by(Some(key)))?;
    if !key.origins.iter().any(|allowed| allowed.allows(&origin)) {
        return Err(Reject::OriginNotAllowed(origin).by(Some(key)));
    }
    gate.crowd.could_spend(&sender.bucket).map_err(|reject| reject.by(Some(key)))?;
    Ok(sender)
}

/// Who it is by a token, where the key has a ring.
fn by_token(gate: &Gate, parts: &Parts, key: &Key) -> Result<Option<PageId>, Reject> {
    match query(parts, "token") {
        _ if key.tokens.ring.is_empty() => Ok(None),
        Some(token) => token::check(&token, key, gate.clock.wall_ms()).map(Some).map_err(Reject::Token),
        None if key.tokens.needed => Err(Reject::Token(TokenFault::Missing)),
        None => Ok(None),
    }
}

fn check_otlp<'a>(gate: &'a Gate, parts: &Parts, address: Option<Address>) -> Result<Checked<'a>, Uncounted> {
    let presented = bearer(&parts.headers).ok_or_else(|| Reject::KeyMissing.by(None))?;
    let Some(sender) = gate.sender(presented) else {
        gate.crowd.has_failed(address).map_err(|reject| reject.by(None))?;
        return Err(Reject::KeyUnknown.by(None));
    };
    let key = &sender.key;
    let refuse = |reject: Reject| Err(reject.by(Some(key)));
    if key.kind == KeyKind::Browser {
        return refuse(Reject::BrowserKeyForOtlp);
    }
    gate.crowd.has_succeeded(address, &key.name).map_err(|reject| reject.by(None))?;
    unexpired(gate, sender)?;
    if let Some(origin) = origin(&parts.headers) {
        return refuse(Reject::OriginWithServerKey(origin));
    }
    gate.crowd.could_spend(&sender.bucket).map_err(|reject| reject.by(Some(key)))?;
    if Encoding::of(&parts.headers).is_none() {
        return refuse(Reject::ContentTypeUnknown(text(&parts.headers, header::CONTENT_TYPE)));
    }
    let coding = text(&parts.headers, header::CONTENT_ENCODING);
    let coding = match coding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Coding::Identity,
        "gzip" | "x-gzip" => Coding::Gzip,
        _ => return refuse(Reject::CodingUnknown(coding)),
    };
    Ok(Checked { sender, page: None, coding })
}

fn unexpired(gate: &Gate, sender: &Sender) -> Result<(), Uncounted> {
    let is_over = sender.key.expires_ms.is_some_and(|end| gate.clock.wall_ms() >= end);
    if is_over { Err(Reject::KeyExpired.by(Some(&sender.key))) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
