//! What pages say, and what of it is forwarded: without secrets, and not without end in how it differs.

use opentelemetry_proto::tonic::{
    common::v1::any_value::Value as Of, resource::v1::Resource, trace::v1::Span,
};
use weft_proto::{Attribute, Batch, Event, OpenState, Seed, Value};

use crate::support::{Page, Sink, Weft};

/// An event for each name, with these attributes.
fn batch(names: &[&str], attributes: &[(&str, &str)]) -> Batch {
    let mut batch = Batch::default();
    let pairs = attributes.iter().map(|(key, value)| {
        let [key, value] = [key, value].map(|text| batch.strings.intern(text));
        Attribute { key, value: Value::Text(value) }
    });
    batch.attributes = pairs.collect();
    let all = 0..batch.attributes.len() as u32;
    for (number, name) in (0..).zip(names) {
        let name = batch.strings.intern(name);
        let start_ns = 1_700_000_000_000_000_000 + number;
        batch.events.push(Event { number, name, start_ns, attributes: all.clone(), ..Event::default() });
    }
    batch
}

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let pair = span.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.as_ref()?.value.as_ref()? {
        Of::StringValue(text) => Some(text),
        _ => None,
    }
}

/// What the resource of a request says.
fn resource_text(resource: &Resource, key: &str) -> Option<String> {
    let pair = resource.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.clone()?.value? {
        Of::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test]
async fn secrets_that_a_page_sends_are_not_forwarded_and_browsers_are_named() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "[scrub]\nalso = [\"EMP-[0-9]+\"]").await;
    let said = [
        ("exception.message", "no account ann@shop.example for EMP-17"),
        ("note", "paid with 4111 1111 1111 1111"),
        ("url.full", "https://me:pw@shop.example/reset/17?token=abc"),
        ("plan", "gold"),
    ];
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0";
    let body = Page(Seed([1; 16])).seal(&batch(&["mail ann@shop.example"], &said));
    assert_eq!(weft.page().header("user-agent", firefox).body(body).send().await.unwrap().status(), 200);
    let span = sink.spans(1).await.remove(0);
    assert_eq!(span.name, "mail :email");
    assert_eq!(text(&span, "exception.message"), Some("no account :email for :scrubbed"));
    assert_eq!(text(&span, "note"), Some("paid with :card"));
    assert_eq!(text(&span, "url.full"), Some("https://shop.example/reset/:id"));
    assert_eq!(text(&span, "plan"), Some("gold"));
    let resource = sink.resources().remove(0);
    let said = |key: &str| resource_text(&resource, key);
    assert_eq!(said("user_agent.original").as_deref(), Some(firefox));
    assert_eq!(said("user_agent.name").as_deref(), Some("Firefox"));
    assert_eq!(said("user_agent.version").as_deref(), Some("152.0"));
    assert_eq!(said("user_agent.os.name").as_deref(), Some("Linux"));
}

#[tokio::test]
async fn made_up_names_and_values_do_not_take_away_those_that_were_there_before() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "[distinct]\nvalues = 2\nattributes = 2\nfree = [\"note\"]").await;
    let page = |at: u8, batch: &Batch| Page(Seed([at; 16])).seal(batch);
    weft.acknowledged(page(1, &batch(&["load", "press"], &[("plan", "gold"), ("note", "1")]))).await;
    weft.acknowledged(page(2, &batch(&["made up"], &[("plan", "silver"), ("note", "2"), ("more", "x")])))
        .await;
    let mut open = batch(&["press", "made up too"], &[("plan", "bronze"), ("plan2", "x")]);
    open.events[1].open = Some(OpenState::Visible);
    weft.acknowledged(page(3, &open)).await;
    let spans = sink.spans(4).await;
    let told: Vec<_> = spans
        .iter()
        .map(|span| {
            (
                span.name.as_str(),
                text(span, "plan"),
                span.attributes.iter().any(|pair| pair.key.starts_with("plan2") || pair.key == "more"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("load", Some("gold"), false),
            ("press", Some("gold"), false),
            ("__overflow__", Some("silver"), false),
            ("press", Some("__overflow__"), false),
        ]
    );
    assert_eq!(text(&spans[2], "note"), Some("2"));
    assert_eq!(spans[2].dropped_attributes_count, 1);
    let (_, metrics) = weft.admin("/metrics").await;
    // `more` and `plan2`; `made up`, `bronze` and `made up too`.
    assert!(metrics.contains(r#"weft_overflowed_total{key="shop-web",what="attribute"} 2"#), "{metrics}");
    assert!(metrics.contains(r#"weft_overflowed_total{key="shop-web",what="value"} 3"#), "{metrics}");
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_forwarded_linked_and_left_out_and_forwards_nothing() {
    let sink = Sink::start(&[]).await;
    let rule = "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\n";
    let weft = Weft::start(&[&sink], rule).await;
    let body = Page(Seed([1; 16]))
        .seal(&batch(&["buy"], &[("cart.id", "7"), ("weft.seq", "9"), ("note", "ann@shop.example")]));
    let url = format!("{}/api/telemetry?key=pk_demo_shop&dry-run=1", weft.ingest);
    let ask = |body: Vec<u8>| weft.http.post(&url).header("origin", crate::support::ORIGIN).body(body).send();
    let answer = ask(body.clone()).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let told: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let told = &told["batches"][0];
    assert_eq!((&told["events"], &told["open"]), (&1.into(), &0.into()));
    assert_eq!(told["events_that_rules_look_at"]["cart"], 1);
    assert_eq!(told["left_out"], serde_json::json!([{ "attribute": "weft.seq", "why": "reserved" }]));
    let span = &told["forwarded"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["name"], "buy");
    assert!(span["attributes"].to_string().contains(":email"), "{span}");
    assert_eq!(ask(b"nonsense".to_vec()).await.unwrap().status(), 400);
    assert_eq!(weft.count("/keys/shop-web/received").await, 0, "nothing was received");
    // It was not taken: the same is no copy.
    weft.acknowledged(body).await;
    assert_eq!(sink.spans(1).await.len(), 1);
    weft.stop().await;
    assert_eq!(sink.came(), 1);
}

#[tokio::test]
async fn where_somebody_sends_from_is_told_if_the_key_asks_for_it_and_not_otherwise() {
    let sink = Sink::start(&[]).await;
    let more = "limits.trusted_proxies = [\"127.0.0.1\"]\n[keys.intra]\nkind = \"browser\"\nkey = \"pk_intra\"\n\
                application = \"intra\"\nservice = \"intra\"\norigins = [\"https://intra.example\"]\nclient_address = true";
    let weft = Weft::start(&[&sink], more).await;
    let first = weft.page().header("x-forwarded-for", "203.0.113.7").body(Page(Seed([1; 16])).batch(0..1));
    assert_eq!(first.send().await.unwrap().status(), 200);
    let url = format!("{}/api/telemetry?key=pk_intra", weft.ingest);
    for (page, address) in [(2, "203.0.113.8"), (3, "2001:db8:1:2:3:4:5:6"), (4, "unknown")] {
        let request = weft.http.post(&url).header("origin", "https://intra.example");
        let request = request.header("content-type", "text/plain").header("x-forwarded-for", address);
        let answer = request.body(Page(Seed([page; 16])).batch(0..1)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    sink.spans(4).await;
    let mut told: Vec<_> =
        sink.resources().iter().map(|resource| resource_text(resource, "client.address")).collect();
    told.sort_unstable();
    assert_eq!(told, [None, None, Some("2001:db8:1:2::".into()), Some("203.0.113.8".into())]);
}
