//! Sends loads until the destination has decided of each: retried, split where it refuses, several at once.

use std::{borrow::Cow, collections::VecDeque, time::Duration};

use axum::body::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::MutexGuard;

use super::{
    answer::{Answer, ENDPOINT},
    backoff::Backoff,
    load::Load,
    way::{Left, Way},
};
use crate::{
    config::CANARY,
    ledger::Settled,
    outcome::Outcome,
    pipeline::decode::{Items, without},
};

/// A part of a load that is sent in one request.
struct Piece {
    body: Bytes,
    items: u64,
    /// What was erased when it was last looked at, by its version; and how many items were left out since.
    erased_as_of: u64,
    erased: u64,
}

/// How often a load is split: enough to find five offenders among two thousand. A destination that refuses everything
/// is not asked for every single span.
const SPLITS: u32 = 64;

/// As long as it has taken nothing since it last refused a whole load.
const SPLITS_OF_A_SUSPECT: u32 = 4;

impl Way {
    /// Sends all of `loads`, a few at once. When it returns, everything in them is decided.
    pub(crate) async fn send(&self, loads: Vec<Load>) -> Result<(), Left> {
        let sent = self.send_all(loads).await;
        if sent.is_err() {
            // What was under way is not any more.
            self.meters.is_idle();
        }
        sent
    }

    async fn send_all(&self, loads: Vec<Load>) -> Result<(), Left> {
        if self.is_halted() {
            return Err(Left::Stopped);
        }
        let oldest_ms = loads.iter().map(|load| load.oldest_ms).min().unwrap_or(0);
        self.meters.oldest(oldest_ms);
        let mut waiting = VecDeque::from(loads);
        let mut under_way = FuturesUnordered::new();
        let mut grown = self.segments.grown();
        loop {
            while under_way.len() < self.window.size()
                && let Some(load) = waiting.pop_front()
            {
                under_way.push(self.settle(load));
            }
            tokio::select! {
                sent = under_way.next() => match sent {
                    Some(sent) => sent?,
                    None => return Ok(()),
                },
                // However long somebody waits for an answer, the spool goes on growing.
                Ok(()) = grown.changed() => self.give_up_the_oldest()?,
            }
        }
    }

    /// Sends until the destination has decided, and counts what it has decided.
    async fn settle(&self, mut load: Load) -> Result<(), Left> {
        self.meters.is_sending(&load);
        let mut settled = Settled {
            passed: load.passed,
            undecodable: load.undecodable,
            erased: load.erased,
            ..Settled::default()
        };
        if load.spans > 0 {
            let (rejected, erased) = self.deliver(&mut load).await?;
            let rejected = rejected.min(load.spans - erased);
            (settled.delivered, settled.rejected) = (load.spans - erased - rejected, rejected);
            settled.erased += erased;
        }
        self.meters.has_sent(&load);
        if *load.owner.application == *CANARY && settled.delivered > 0 {
            let now_ms = self.clock.wall_ms();
            self.meters.has_canary(now_ms, now_ms.saturating_sub(load.oldest_ms));
        }
        self.settled().push((load.owner, settled));
        Ok(())
    }

    /// How many items were rejected, and how many erased before they were sent. What is refused is split until the
    /// offender alone is given up.
    async fn deliver(&self, load: &mut Load) -> Result<(u64, u64), Left> {
        let (body, items, erased_as_of) = (load.take_body(), load.spans, load.erased_as_of);
        let mut pieces = vec![Piece { body, items, erased_as_of, erased: 0 }];
        let mut splits = if self.is_suspect() { SPLITS_OF_A_SUSPECT } else { SPLITS };
        let (mut rejected, mut erased) = (0, 0);
        while let Some(mut piece) = pieces.pop() {
            let decided = self.decide(load, &mut piece).await?;
            erased += piece.erased;
            match decided {
                Decided::Taken { rejected: some } => rejected += some.min(piece.items),
                Decided::Refused { reason, may_split } => {
                    let halves = if may_split && splits > 0 { halves(&piece) } else { None };
                    if let Some([first, second]) = halves {
                        splits -= 1;
                        pieces.extend([second, first]);
                        continue;
                    }
                    rejected += piece.items;
                    self.give_up(load, &piece, reason).await;
                }
            }
        }
        // Only who refuses whatever it is asked is not asked for every single one the next time.
        self.suspect(rejected == load.spans && splits == 0);
        Ok((rejected, erased))
    }

    /// Sends one request until there is an answer that decides.
    async fn decide(&self, load: &Load, piece: &mut Piece) -> Result<Decided, Left> {
        let mut packed = None;
        let mut backoff = Backoff::new();
        loop {
            let turn = self.window.turn().await;
            if self.leave_out_erased(load, piece) {
                packed = None;
            }
            if piece.items == 0 {
                return Ok(Decided::Taken { rejected: 0 });
            }
            let body = packed.get_or_insert_with(|| self.client.packed(&piece.body));
            let wait = match self.post(load, body.clone(), turn).await {
                Answer::Taken { rejected, message } => {
                    self.works();
                    if rejected > 0 {
                        self.noisy(|| tracing::warn!(destination = %self.to.name, rejected, message, "spans were rejected"));
                    }
                    return Ok(Decided::Taken { rejected });
                }
                // Who takes traces need not take the rest, unless it was said to; that keeps no traces waiting.
                Answer::Unserved { reason } if !self.to.must_take(load.signal) => {
                    self.works();
                    return Ok(Decided::Refused { reason, may_split: false });
                }
                Answer::Unserved { reason } => self.mend(&backoff, &reason, ENDPOINT),
                Answer::Misconfigured { reason, change } => self.mend(&backoff, &reason, change),
                Answer::Refused { reason, may_split } => {
                    self.works();
                    return Ok(Decided::Refused { reason, may_split });
                }
                Answer::Later { reason, asked } => {
                    let wait = backoff.wait(asked);
                    self.noisy(|| tracing::warn!(destination = %self.to.name, reason, ?wait, "trying again"));
                    wait
                }
            };
            self.window.failed();
            self.meters.retries.inc();
            self.meters.breaker(self.window.is_open());
            self.give_up_the_oldest()?;
            self.wait(wait).await?;
        }
    }

    /// One try, in its turn.
    async fn post(&self, load: &Load, body: Bytes, _turn: Option<MutexGuard<'_, ()>>) -> Answer {
        let before = self.clock.monotonic();
        let answer = self.client.post(load.signal, body).await;
        self.meters.took(self.clock.monotonic() - before);
        answer
    }

    /// Takes out of `piece` what was erased since it was last looked at. Whether there was anything. However long a
    /// destination is tried, it gets nothing that was erased before the last try.
    fn leave_out_erased(&self, load: &Load, piece: &mut Piece) -> bool {
        let erased = &self.segments.erased;
        let version = erased.version();
        if std::mem::replace(&mut piece.erased_as_of, version) == version || !erased.has_any(&load.owner) {
            return false;
        }
        let rest = without(&piece.body, load.signal, |session| erased.contains(&load.owner, session));
        // Unread is nothing that we wrote: there is no session of a page in it.
        let Some((Cow::Owned(rest), gone)) = rest else { return false };
        piece.body = rest.into();
        piece.items = piece.items.saturating_sub(gone);
        piece.erased += gone;
        true
    }

    /// Only a person can help: says how, and how long to wait for that.
    fn mend(&self, backoff: &Backoff, reason: &str, change: &str) -> Duration {
        self.meters.is_misconfigured(true);
        let wait = backoff.wait_for_somebody();
        tracing::error!(destination = %self.to.name, reason, change, ?wait, "events wait until this is mended");
        wait
    }

    fn works(&self) {
        self.window.took();
        self.meters.is_misconfigured(false);
        self.meters.breaker(false);
    }

    /// It is rejected for good: kept beside the spool, so that somebody can look at it and send it again.
    async fn give_up(&self, load: &Load, piece: &Piece, reason: String) {
        self.noisy(|| {
            tracing::error!(
                destination = %self.to.name,
                key = %load.owner.key,
                spans = piece.items,
                reason,
                "rejected; kept as dead letters, see `weft dead-letters`"
            );
        });
        let kept = self.dead_letters.keep(load, piece.body.clone(), piece.items, reason).await;
        if let Err(error) = kept {
            tracing::error!(destination = %self.to.name, %error, "dead letters cannot be written");
        }
    }

    /// Whatever lies beyond its bounds is dropped, and everything under way with it.
    pub(super) fn give_up_the_oldest(&self) -> Result<(), Left> {
        let mut left = Ok(());
        while let Some(given_up) = self.segments.give_up(&self.to.name, &self.decided()) {
            self.count_settled();
            let (events, why) = (given_up.dropped.total(), given_up.why.name());
            let change = match given_up.why {
                Outcome::TooOld => "mend the destination, or raise its max_age_hours",
                _ => "mend the destination, or raise its max_bytes and spool.max_bytes",
            };
            tracing::error!(destination = %self.to.name, events, why, change, "the oldest events are dropped");
            self.ledger.drop_pending(&self.to.name, &given_up.dropped, given_up.why);
            left = Err(Left::Behind);
        }
        left
    }
}

/// What became of a request.
enum Decided {
    Taken { rejected: u64 },
    Refused { reason: String, may_split: bool },
}

fn halves(piece: &Piece) -> Option<[Piece; 2]> {
    let items = Items::of(&piece.body)?;
    let middle = items.len() / 2;
    let half = |which: std::ops::Range<usize>| Piece {
        items: which.len() as u64,
        body: items.request(|at| which.contains(&at)).into(),
        erased_as_of: piece.erased_as_of,
        erased: 0,
    };
    (middle > 0).then(|| [half(0..middle), half(middle..items.len())])
}
