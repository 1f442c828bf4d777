//! Clients of the collector: pages and servers that send one request after the other, each until it is acknowledged.

mod page;
mod server;

use std::time::Duration;

use tokio::sync::watch;

pub(super) use page::PageSender;
pub(super) use server::ServerSender;

use super::{Shared, book::SpanId};
use crate::http::{Answer, NoAnswer};

/// Before a client tries again: far less than real ones wait, so that many tries fit into a test.
const PAUSE: Duration = Duration::from_millis(10);

/// What one try came to.
enum Try {
    Acknowledged,
    /// Refused for now: the same bytes may be taken later.
    Later,
    /// Nobody was there.
    Unreached,
    /// No answer, so nobody knows.
    Unanswered,
}

/// Reads an answer as a client does.
///
/// # Panics
/// If it is a refusal for good: the oracle sends nothing that deserves one.
fn judge(answer: Result<Answer, NoAnswer>, is_acknowledgement: impl Fn(&Answer) -> bool) -> Try {
    match answer {
        Err(nothing) if nothing.was_reached => Try::Unanswered,
        Err(_) => Try::Unreached,
        Ok(answer) if answer.status == 200 => {
            // What is no acknowledgement of these very bytes is as good as no answer.
            if is_acknowledgement(&answer) { Try::Acknowledged } else { Try::Unanswered }
        }
        Ok(answer) if [408, 429, 502, 503, 504].contains(&answer.status) => {
            assert!(answer.status != 503 || answer.header("retry-after").is_some(), "{:?}", answer.headers);
            Try::Later
        }
        Ok(answer) => panic!("refused for good: {} {}", answer.status, answer.text()),
    }
}

fn acknowledge(shared: &Shared, ids: &[SpanId]) {
    shared.book().acknowledge(ids);
    shared.acknowledged.send_modify(|count| *count += 1);
}

fn refused(shared: &Shared) {
    shared.refused.send_modify(|count| *count += 1);
}

fn is_told(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow()
}

/// The pauses of one client between its tries: longer each time.
struct Pauses(Duration);

impl Pauses {
    fn new() -> Self {
        Self(PAUSE)
    }

    async fn pause(&mut self) {
        let mut pauses = tokio::time::interval(self.0);
        pauses.tick().await;
        pauses.tick().await;
        self.0 = (self.0 * 2).min(PAUSE * 16);
    }
}
