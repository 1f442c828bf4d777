//! Page dictionaries: what a page sends while somebody is there stands behind what the collector has of it already; what
//! is urgent, tried again or asked for stands alone.

use support::{
    browser::{Kind, Tab},
    gate::{Arrival, Role},
};
use weft_proto::{Form, Head};

use super::scene::{Scene, flush, named};

in_each_engine!(
    a_batch_stands_behind_what_the_page_has_sent_before_and_is_a_fraction_of_its_size,
    a_collector_that_has_forgotten_the_page_gets_the_batch_alone_and_at_once,
    a_page_that_is_never_understood_stops_trying,
    what_leaves_with_the_page_stands_alone,
    what_is_tried_again_stands_alone,
);

fn form(arrival: &Arrival) -> Form {
    Head::read(&arrival.body).expect("a batch has a head").0.form
}

async fn record(tab: &Tab<'_>, name: &str) {
    let event = "{ 'url.full': location.href, 'app.widget.name': 'Add to cart', 'cart.items': 3 }";
    tab.evaluate::<()>(&format!("void weft.event('{name}', {event})")).await;
}

/// Events, each in a batch of its own; what the gate saw of them.
async fn batches(scene: &Scene, tab: &Tab<'_>, count: usize) -> Vec<Arrival> {
    let before = scene.gate.arrivals().len();
    for _ in 0..count {
        record(tab, "pressed").await;
        flush(tab).await;
    }
    scene.gate.arrivals()[before..].to_vec()
}

async fn a_batch_stands_behind_what_the_page_has_sent_before_and_is_a_fraction_of_its_size(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let first = scene.gate.arrivals()[0].clone();
    assert_eq!(form(&first), Form::Deflate, "nothing was sent before");
    let arrivals = batches(&scene, &tab, 5).await;
    assert!(arrivals.iter().all(|arrival| form(arrival) == Form::Behind), "{arrivals:?}");
    let (second, last) = (arrivals[0].body.len(), arrivals[4].body.len());
    // Head and base are 36 of them; alone it is 300.
    assert!(second < 150 && last < 70, "{second} and {last} bytes");
    let metrics = support::http::get(&scene.collector.addresses().admin_url("/metrics")).await;
    assert!(metrics.contains("weft_page_dictionaries_batches_total{base=\"known\"} 5"), "{metrics}");
    let spans = scene.end().await;
    assert_eq!(named(&spans, "pressed"), 5);
}

async fn a_collector_that_has_forgotten_the_page_gets_the_batch_alone_and_at_once(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    batches(&scene, &tab, 1).await;
    scene.gate.play(Role::Forgetful);
    let forgotten = batches(&scene, &tab, 1).await;
    assert_eq!(forgotten.iter().map(form).collect::<Vec<_>>(), [Form::Behind, Form::Deflate]);
    let waited = forgotten[1].at - forgotten[0].at;
    assert!(waited.as_millis() < 500, "there is nothing to wait for, and it waited {waited:?}");
    scene.gate.play(Role::Open);
    let after = batches(&scene, &tab, 1).await;
    assert_eq!(after.iter().map(form).collect::<Vec<_>>(), [Form::Behind], "what was sent since is there");
    let stats = flush(&tab).await;
    assert_eq!(stats.lost(), 0, "{stats:?}");
    let spans = scene.end().await;
    assert_eq!(named(&spans, "pressed"), 3);
}

async fn a_page_that_is_never_understood_stops_trying(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Forgetful);
    let arrivals = batches(&scene, &tab, 5).await;
    let tried = arrivals.iter().filter(|arrival| form(arrival) == Form::Behind).count();
    assert_eq!((tried, arrivals.len()), (2, 7));
    let spans = scene.end().await;
    assert_eq!(named(&spans, "pressed"), 5);
}

async fn what_leaves_with_the_page_stands_alone(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let before = scene.gate.arrivals().len();
    record(&tab, "pressed").await;
    tab.close().await;
    let arrivals = scene.gate.wait_for_arrivals(before + 1).await;
    assert!(arrivals[before..].iter().all(|arrival| form(arrival) != Form::Behind));
    scene.sink.wait_for("the press", |spans| named(spans, "pressed") == 1).await;
    scene.end().await;
}

async fn what_is_tried_again_stands_alone(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let before = scene.gate.arrivals().len();
    scene.gate.play(Role::Dropping);
    record(&tab, "pressed").await;
    assert!(!tab.evaluate::<bool>("weft.flush(1_000)").await);
    scene.gate.play(Role::Open);
    flush(&tab).await;
    let forms: Vec<_> = scene.gate.arrivals()[before..].iter().map(form).collect();
    // Browsers may repeat by themselves what was dropped.
    let firsts = forms.iter().take_while(|form| **form == Form::Behind).count();
    assert!(firsts >= 1 && forms.len() > firsts, "{forms:?}");
    assert!(forms[firsts..].iter().all(|form| *form == Form::Deflate), "{forms:?}");
    let spans = scene.end().await;
    assert_eq!(named(&spans, "pressed"), 1);
}
