//! The collector's half of an event's path, drawn once: admit → decode → spool, and then link → export.

pub(crate) mod admit;

pub(crate) mod decode;

pub(crate) mod spool;

pub(crate) mod link;

pub(crate) mod export;

pub(crate) mod signal;

mod intake;

use axum::{body::Body, extract::Request, http::Response};

pub(crate) use self::{
    admit::{Address, Encoding, Peer, bearer, sign_token},
    decode::Full,
    intake::{Fill, Intake, Parts},
};

use self::{
    admit::Admitted,
    decode::Posted,
    export::{Left, Way},
    signal::Signal,
};
use crate::reject::Reject;

/// Steps 4 to 6 for a batch from a page, or for a session that is to be erased. The answer says that it is durable.
pub(crate) async fn take_batch(intake: &Intake, request: Request) -> Result<Response<Body>, Reject> {
    let admitted = intake.admit_batch(request).await?;
    if let Some(session) = intake.erases(&admitted)? {
        take_erasure(intake, admitted, session).await?;
        return Ok(intake::erased());
    }
    let Posted { echo, batches, earlier } = intake.decode_batch(&admitted).await?;
    if admitted.is_rehearsal {
        return intake.rehearse(admitted, batches).await;
    }
    let pause = admitted.pause;
    let (key, entries) = intake.batch_entries(admitted, batches);
    intake.store_all(&key, entries).await?;
    intake.dictionaries.keep(&key.name, earlier);
    Ok(intake::ack(echo, pause, &key.policy))
}

/// Steps 5 and 6 for a session that an operator erases, in every key. How many there are.
pub(crate) async fn erase(intake: &Intake, session: &str) -> Result<usize, Reject> {
    let (session, keys) = intake.erasures(session)?;
    let count = keys.len();
    for admitted in keys {
        take_erasure(intake, admitted, session).await?;
    }
    Ok(count)
}

/// Step 6 for an erasure: from then on nothing of the session leaves, and nothing refers to it.
async fn take_erasure(intake: &Intake, admitted: Admitted, session: [u8; 16]) -> Result<(), Reject> {
    let (key, entry) = intake.erasure_entry(admitted, session);
    intake.store(&key, entry).await?;
    intake.dictionaries.forget(&key.name, &session);
    Ok(())
}

/// A token for a page, so that it can send.
pub(crate) fn give_token(intake: &Intake, request: Request) -> Result<Response<Body>, Reject> {
    Ok(intake::token(intake.admit_token(request)?))
}

/// Steps 4 to 6 for OTLP from a server.
pub(crate) async fn take_otlp(intake: &Intake, request: Request) -> Result<Response<Body>, Reject> {
    let admitted = intake.admit_otlp(request).await?;
    let admitted = intake.as_protobuf(Signal::Traces, admitted).await?;
    let decoded = intake.decode_otlp(&admitted).await?;
    let answer = intake::taken(decoded.0, admitted.encoding);
    let (key, entry) = intake.otlp_entry(admitted, decoded);
    intake.store(&key, entry).await?;
    Ok(answer)
}

/// Steps 4 to 6 for what is only passed on: logs and metrics of a server.
pub(crate) async fn take_other(
    intake: &Intake,
    signal: Signal,
    request: Request,
) -> Result<Response<Body>, Reject> {
    let admitted = intake.admit_other(request).await?;
    let admitted = intake.as_protobuf(signal, admitted).await?;
    let counted = intake.count_other(&admitted).await?;
    let answer = intake::passed_on(admitted.encoding);
    let (key, entry) = intake.other_entry(signal, admitted, counted);
    intake.store(&key, entry).await?;
    Ok(answer)
}

/// Steps 7 and 8 for one destination, until there is nothing more and will be nothing more.
pub(crate) async fn forward(mut way: Way, limits: crate::config::Limits) {
    while let Some(chunk) = way.next().await {
        let mut stretches = link::gather(chunk, &way.to, &limits, way.erased());
        while let Some(stretch) = stretches.next().await {
            match way.send(stretch.loads).await {
                Ok(()) => way.pass(stretch.next, &stretch.skipped).await,
                Err(Left::Behind) => break,
                Err(Left::Stopped) => return,
            }
        }
    }
}
