//! A page without a browser: makes batches by hand and posts them as the SDK would.

use hyper::Method;
use weft_proto::{Ack, Batch, Event, Form, Head, Ids, Kind, Seed, Session, digest, encode, seal};

use crate::{
    clock::TestClock,
    collector::{Addresses, BROWSER_KEY},
    http::{Answer, send},
    received::hex,
};

/// The origin fake pages come from.
pub const ORIGIN: &str = "https://shop.example";

/// A request as the SDK would make it of `batch`, its page's `number`th.
#[must_use]
pub fn sealed(batch: &Batch, seed: Seed, number: u64, send_time_ms: u64) -> Vec<u8> {
    let sealed = seal(batch);
    let (form, digest) = (sealed.form, sealed.digest);
    behind(&Head { form, seed, digest, number, send_time_ms, epoch: 0 }, &sealed.bytes)
}

fn behind(head: &Head, body: &[u8]) -> Vec<u8> {
    let mut request = Vec::new();
    head.write(&mut request);
    request.extend_from_slice(body);
    request
}

/// One page; its events are numbered as they are made.
pub struct Page {
    seed: Seed,
    next_event: u64,
    next_batch: u64,
    clock: TestClock,
}

impl Page {
    /// A page whose seed is made of this byte: two pages of a test need two.
    #[must_use]
    pub fn new(seed: u8) -> Self {
        Self { seed: Seed([seed; 16]), next_event: 0, next_batch: 0, clock: TestClock::default() }
    }

    /// One of so many pages that a byte does not tell them apart.
    #[must_use]
    pub fn of_crowd(number: usize) -> Self {
        let mut seed = [0xcc; 16];
        seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
        Self { seed: Seed(seed), ..Self::new(0) }
    }

    /// Ids that its events will have at the sink, in hex.
    #[must_use]
    pub fn span_ids(&self) -> Vec<String> {
        let ids = Ids::new(self.seed);
        (0..self.next_event).map(|number| hex(&ids.span(number))).collect()
    }

    /// A batch of so many clicks.
    pub fn clicks(&mut self, count: u64) -> Vec<u8> {
        let batch = self.batch(count);
        let sealed = seal(&batch);
        self.request(sealed.form, sealed.digest, &sealed.bytes)
    }

    /// A batch of so many clicks that is not compressed.
    pub fn plain_clicks(&mut self, count: u64) -> Vec<u8> {
        let body = encode(&self.batch(count));
        self.request(Form::Plain, digest(&body), &body)
    }

    /// Puts a head before a body, whatever it is.
    pub fn request(&mut self, form: Form, digest: u32, body: &[u8]) -> Vec<u8> {
        let number = self.next_batch;
        self.next_batch += 1;
        let send_time_ms = self.clock.now_ms() as u64;
        behind(&Head { form, seed: self.seed, digest, number, send_time_ms, epoch: 0 }, body)
    }

    fn batch(&mut self, count: u64) -> Batch {
        let mut batch = Batch {
            sessions: vec![Session { id: self.seed.0, previous_id: None, randomness: 7 }],
            ..Batch::default()
        };
        let name = batch.strings.intern("browser.user_action.click");
        let now_ns = self.clock.now_ms() as u64 * 1_000_000;
        for _ in 0..count {
            let number = self.next_event;
            self.next_event += 1;
            batch.events.push(Event {
                number,
                name,
                kind: Kind::Internal,
                start_ns: now_ns + number,
                session: Some(0),
                previous: number.checked_sub(1),
                ..Event::default()
            });
        }
        batch
    }
}

/// Posts a batch as a page of [`ORIGIN`] does.
pub async fn post(to: Addresses, request: Vec<u8>) -> Answer {
    post_as(to, BROWSER_KEY, ORIGIN, request).await
}

/// Posts a batch with another key or from another origin.
pub async fn post_as(to: Addresses, key: &str, origin: &str, request: Vec<u8>) -> Answer {
    let url = format!("{}?key={key}", to.page_endpoint());
    send(Method::POST, &url, &[("origin", origin), ("content-type", "text/plain")], request).await
}

/// Posts a batch and asserts that the answer acknowledges just this one.
///
/// # Panics
/// If it does not.
pub async fn post_acknowledged(to: Addresses, request: Vec<u8>) {
    let (head, _) = Head::read(&request).expect("a batch has a head");
    let answer = post(to, request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    let ack = Ack::decode(&answer.body).expect("an ack");
    assert_eq!((ack.digest, ack.number), (head.digest, head.number));
}
