//! The ledger as metrics: one consistent state of it.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;

use super::rows::{Rows, counter, gauge};
use crate::{
    ledger::{Book, Made},
    outcome::Outcome,
};

pub(super) fn keys(book: &Book, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut counts = [Rows::new(), Rows::new(), Rows::new(), Rows::new(), Rows::new(), Rows::new()];
    let [received, accepted, refused, removed, dropped, reduced] = &mut counts;
    let (mut in_flight, mut bodies) = (Rows::new(), Rows::new());
    let (mut not_seen, mut lost) = (Rows::new(), Rows::new());
    let outcome = |(outcome, count): (&Outcome, &u64)| (outcome.name(), *count);
    for (key, page) in &book.keys {
        let labels = || vec![("key", &**key), ("application", &*page.application)];
        let with =
            |name: &'static str, value| labels().into_iter().chain([(name, value)]).collect::<Vec<_>>();
        received.push((labels(), page.received));
        accepted.push((labels(), page.accepted));
        in_flight.push((labels(), page.in_flight));
        not_seen.push((labels(), page.gaps.not_seen_yet));
        lost.push((labels(), page.gaps.lost_in_browser));
        removed.push((labels(), page.reserved_attributes_removed));
        refused.extend(page.refused.iter().map(outcome).map(|(why, count)| (with("outcome", why), count)));
        bodies.extend(
            page.bodies_refused.iter().map(outcome).map(|(why, count)| (with("outcome", why), count)),
        );
        dropped.extend(page.sdk_dropped.iter().map(|(why, count)| (with("reason", why), *count)));
        reduced.extend(page.sdk_reduced.iter().map(|(verb, count)| (with("verb", verb), *count)));
    }
    let nobody = |why| vec![("key", ""), ("application", ""), ("outcome", why)];
    bodies.extend(book.without_key.iter().map(outcome).map(|(why, count)| (nobody(why), count)));
    let [received, accepted, refused, removed, dropped, reduced] = counts;
    counter(to, "events_received", "Events in bodies that could be decoded", received)?;
    counter(to, "events_accepted", "Events made durable", accepted)?;
    counter(to, "events_refused", "Events not made durable", refused)?;
    gauge(to, "events_in_flight", "Events received and not decided yet", in_flight)?;
    counter(to, "bodies_refused", "Bodies refused unread or undecodable", bodies)?;
    counter(to, "reserved_attributes_removed", "Attributes that only the collector may set", removed)?;
    counter(to, "sdk_dropped", "What the SDKs say they dropped", dropped)?;
    counter(to, "sdk_reduced", "Events that the policy had the SDKs leave out or merge", reduced)?;
    gauge(to, "events_not_seen_yet", "Numbers of events that have not come and still may", not_seen)?;
    counter(
        to,
        "events_lost_in_browser",
        "Numbers of events that had not come when their page was forgotten",
        lost,
    )
}

pub(super) fn destinations(book: &Book, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let (mut came, mut went, mut pending) = (Rows::new(), Rows::new(), Rows::new());
    for (key, page) in &book.keys {
        for (destination, fates) in &page.destinations {
            let labels_of = [("key", &**key), ("destination", &**destination)];
            let labels = || labels_of.to_vec();
            let with =
                |name: &'static str, value| labels().into_iter().chain([(name, value)]).collect::<Vec<_>>();
            came.push((with("from", "recovered"), fates.recovered));
            came.push((with("from", "accepted"), fates.accepted));
            let made = |(made, count): (&Made, &u64)| {
                let labels = [("from", "made_here"), ("kind", made.name())];
                (labels_of.iter().copied().chain(labels).collect(), *count)
            };
            came.extend(fates.made_here.iter().map(made));
            went.push((with("fate", "delivered"), fates.delivered));
            went.push((with("fate", "rejected_by_destination"), fates.rejected_by_destination));
            went.extend(fates.dropped.iter().map(|(why, count)| (with("fate", why.name()), *count)));
            pending.push((labels(), fates.pending));
        }
    }
    counter(to, "destination_events", "Events for a destination, by where they came from", came)?;
    counter(to, "destination_events_settled", "Events that a destination's cursor passed, by fate", went)?;
    gauge(to, "destination_events_pending", "Events a destination does not have yet", pending)
}
