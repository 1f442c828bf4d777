//! A page: batches of our format, numbered events, each linked to the one before.

use std::sync::Arc;

use hyper::Method;
use opentelemetry_proto::tonic::trace::v1::{Span, span::Link};
use tokio::sync::watch;
use weft_proto::{Ack, Attribute, Batch, Event, Head, Ids, Kind, Point, Seed, Session, Value};

use super::{
    super::{
        Shared,
        book::SpanId,
        expected::{Expected, MARK, int, text},
    },
    Pauses, Try, acknowledge, is_told, judge, refused,
};
use crate::{
    collector::{Addresses, BROWSER_KEY},
    http::try_send,
    page::{ORIGIN, sealed},
    random::Random,
    received::hex,
};

/// Attribute that events of several pages have in common.
const CART: &str = "cart.id";

const NAME: &str = "browser.user_action.click";

/// One page.
pub(in crate::oracle) struct PageSender {
    to: Addresses,
    random: Random,
    shared: Arc<Shared>,
    seed: Seed,
    session: [u8; 16],
    next_event: u64,
    next_batch: u64,
    last_start_ns: Option<u64>,
}

impl PageSender {
    pub(in crate::oracle) fn new(to: Addresses, mut random: Random, shared: &Arc<Shared>) -> Self {
        Self {
            to,
            seed: Seed(random.bytes()),
            session: random.bytes(),
            random,
            shared: Arc::clone(shared),
            next_event: 0,
            next_batch: 0,
            last_start_ns: None,
        }
    }

    pub(in crate::oracle) async fn send_until(&mut self, stop: watch::Receiver<bool>) {
        while !is_told(&stop) {
            self.send(&[]).await;
        }
    }

    /// Sends one batch until it is acknowledged. `marked`: places of events that carry the mark.
    pub(in crate::oracle) async fn send(&mut self, marked: &[u64]) -> Vec<SpanId> {
        let count = 1 + self.random.below(12);
        self.send_events(count.max(marked.iter().max().map_or(0, |last| last + 1)), marked).await
    }

    /// Sends one batch with a marked event at `place` among `others`; the marked one's id.
    pub(in crate::oracle) async fn send_marked(&mut self, place: u64, others: u64) -> SpanId {
        let ids = self.send_events(others + 1, &[place]).await;
        ids[usize::try_from(place).expect("a place in a batch")]
    }

    async fn send_events(&mut self, count: u64, marked: &[u64]) -> Vec<SpanId> {
        let (batch, ids) = self.batch(count, marked);
        let number = self.next_batch;
        self.next_batch += 1;
        let request = sealed(&batch, self.seed, number, self.shared.clock.now_ms() as u64);
        let (head, _) = Head::read(&request).expect("a request begins with its head");
        let url = format!("{}?key={BROWSER_KEY}", self.to.page_endpoint());
        let headers = [("origin", ORIGIN), ("content-type", "text/plain")];
        let mut pauses = Pauses::new();
        loop {
            let answer = try_send(Method::POST, &url, &headers, request.clone()).await;
            let judged = judge(answer, |answer| {
                Ack::decode(&answer.body).is_ok_and(|ack| (ack.digest, ack.number) == (head.digest, number))
            });
            match judged {
                Try::Acknowledged => break,
                Try::Later => refused(&self.shared),
                // A copy is refused by its numbers: the same bytes are simply sent again.
                Try::Unreached | Try::Unanswered => {}
            }
            pauses.pause().await;
        }
        acknowledge(&self.shared, &ids);
        ids
    }

    fn batch(&mut self, count: u64, marked: &[u64]) -> (Batch, Vec<SpanId>) {
        let mut batch = Batch {
            sessions: vec![Session { id: self.session, previous_id: None, randomness: 7 }],
            ..Batch::default()
        };
        if let (Some(number), Some(start_ns)) = (self.next_event.checked_sub(1), self.last_start_ns) {
            batch.points.push(Point { number, start_ns });
        }
        let ids = (0..count).map(|place| self.event(&mut batch, marked.contains(&place))).collect();
        (batch, ids)
    }

    fn event(&mut self, batch: &mut Batch, is_marked: bool) -> SpanId {
        let number = self.next_event;
        self.next_event += 1;
        let start_ns = self.shared.clock.now_ms() as u64 * 1_000_000 + number;
        self.last_start_ns = Some(start_ns);
        let secret = hex(&self.random.bytes::<24>());
        let cart = self.shared.in_common(&mut self.random).map(|cart| format!("cart-{cart}"));
        let first = batch.attributes.len() as u32;
        let mut attribute = |key: &str, value: &str| {
            let (key, value) = (batch.strings.intern(key), batch.strings.intern(value));
            batch.attributes.push(Attribute { key, value: Value::Text(value) });
        };
        attribute("test.id", &secret);
        if is_marked {
            attribute(MARK, "yes");
        }
        if let Some(cart) = &cart {
            attribute(CART, cart);
        }
        let name = batch.strings.intern(NAME);
        batch.events.push(Event {
            number,
            name,
            kind: Kind::Internal,
            start_ns,
            duration_ns: 1_000,
            session: Some(0),
            previous: number.checked_sub(1),
            attributes: first..batch.attributes.len() as u32,
            ..Event::default()
        });
        self.expect(number, start_ns, &secret, cart)
    }

    fn expect(&self, number: u64, start_ns: u64, secret: &str, cart: Option<String>) -> SpanId {
        let ids = Ids::new(self.seed);
        let id: SpanId = ids.span(number);
        let previous = number.checked_sub(1).map(|previous| Link {
            trace_id: ids.trace(previous).to_vec(),
            span_id: ids.span(previous).to_vec(),
            ..Link::default()
        });
        let mut attributes = vec![
            text("test.id", secret),
            int("weft.seq", i64::try_from(number).expect("a test makes few events")),
            text("session.id", &hex(&self.session)),
        ];
        attributes.extend(cart.iter().map(|cart| text(CART, cart)));
        let span = Span {
            trace_id: ids.trace(number).to_vec(),
            span_id: id.to_vec(),
            name: NAME.to_owned(),
            kind: Kind::Internal as i32,
            start_time_unix_nano: start_ns,
            end_time_unix_nano: start_ns + 1_000,
            attributes,
            links: previous.into_iter().collect(),
            ..Span::default()
        };
        self.shared.book().send(id, Expected { span, service: "shop-web".to_owned(), in_common: cart });
        id
    }
}
