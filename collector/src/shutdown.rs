//! Being told to stop, and stopping in order: no new requests, then the spool, then what can still be delivered.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::{clock::Clock, config::Config, ledger::Book};

/// How stopping went. Either way everything accepted is in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// All requests were answered and every destination that answers has everything.
    InTime,
    /// Something took longer than it may.
    DeadlinePassed,
}

/// A token that is cancelled by SIGTERM or Ctrl-C. A second signal ends the process at once.
///
/// # Errors
/// If the system refuses to report signals.
pub fn on_signals() -> std::io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let told = token.clone();
    tokio::spawn(async move {
        let mut any = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        any().await;
        tracing::info!("stopping");
        told.cancel();
        any().await;
        tracing::warn!("stopping at once");
        std::process::exit(1);
    });
    Ok(token)
}

/// Settings as they are in `file` each time there is a SIGHUP; those that are wrong are told, and not given.
///
/// # Errors
/// If the system refuses to report signals.
pub fn on_reload(file: PathBuf) -> std::io::Result<mpsc::Receiver<Config>> {
    let mut hangup = signal(SignalKind::hangup())?;
    let (give, reloads) = mpsc::channel(1);
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match Config::load(&file) {
                // Whoever took them is about to stop.
                Ok(config) => _ = give.send(config).await,
                Err(mistakes) => {
                    tracing::error!("the settings are wrong, so those from before stay:\n{mistakes}");
                }
            }
        }
    });
    Ok(reloads)
}

/// Says how stopping went and, where it took too long, what is left.
pub(crate) fn tell(drained: Drained, left: &Book) {
    if drained == Drained::InTime {
        return tracing::info!("stopped");
    }
    let undecided: u64 = left.keys.values().map(|page| page.in_flight).sum();
    tracing::error!(
        undecided,
        "stopped at the deadline; events not decided yet are sent again by who sent them"
    );
    let mut pending = BTreeMap::<&str, u64>::new();
    for (destination, fates) in left.keys.values().flat_map(|page| &page.destinations) {
        *pending.entry(destination).or_default() += fates.pending;
    }
    for (destination, events) in pending.into_iter().filter(|(_, events)| *events > 0) {
        tracing::error!(
            destination,
            events,
            "not delivered; they are in the spool, for after the next start"
        );
    }
}

/// Runs `steps` to their end, or until `deadline` has passed.
pub(crate) async fn drain(clock: &Clock, deadline: Duration, steps: impl Future<Output = ()>) -> Drained {
    match clock.within(deadline, steps).await {
        Some(()) => Drained::InTime,
        None => Drained::DeadlinePassed,
    }
}
