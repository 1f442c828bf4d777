//! What operators see.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{metric, number_data_point},
};
use prost::Message;
use serde_json::Value as Json;
use weft_proto::Seed;

use crate::support::{Page, Sink, Weft};

#[tokio::test]
async fn sessions_are_shown_with_their_pages_and_times() {
    let weft = Weft::start(&[], "").await;
    let pages = [Page(Seed([1; 16])), Page(Seed([2; 16]))];
    weft.acknowledged(pages[0].batch(0..3)).await;
    weft.acknowledged(pages[0].batch(0..3)).await;
    weft.acknowledged(pages[1].batch(5..6)).await;
    let (status, text) = weft.admin("/api/sessions").await;
    assert_eq!(status, 200);
    let sessions: Json = serde_json::from_str(&text).unwrap();
    let session = &sessions[0];
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(session["id"], "07".repeat(16));
    assert_eq!(session["previous_id"], Json::Null);
    assert_eq!(session["application"], "shop");
    assert_eq!(session["events"], 4, "a duplicate is no event");
    assert_eq!(session["pages"].as_array().unwrap().len(), 2);
    assert_eq!(session["first_event"], "2023-11-14T22:13:20Z");
    assert_eq!(session["last_event"], "2023-11-14T22:13:20.005Z");
    assert_eq!(session["last_event_ms"], 1_700_000_000_005_u64);
}

#[tokio::test]
async fn metrics_are_one_page_of_open_metrics() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    weft.acknowledged(Page(Seed([1; 16])).batch(0..3)).await;
    sink.spans(3).await;
    assert_eq!(weft.page().body("nonsense").send().await.unwrap().status(), 400);
    let (status, text) = weft.admin("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"weft_events_accepted_total{key="shop-web",application="shop"} 3"#,
        r#"weft_bodies_refused_total{key="shop-web",application="shop",outcome="version_unknown"} 1"#,
        r#"weft_destination_events_total{key="shop-web",destination="a",from="accepted"} 3"#,
        "weft_spool_fsync_seconds_count 1",
        r#"weft_export_seconds_count{destination="a"}"#,
        "weft_spool_bytes ",
        r#"weft_oldest_unexported_age_milliseconds{destination="a"}"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains("pk_demo_shop"));
}

#[tokio::test]
async fn alive_and_ready_are_two_questions() {
    let weft = Weft::start(&[], "").await;
    assert_eq!(weft.admin("/livez").await.0, 200);
    assert_eq!(weft.admin("/readyz").await.0, 200);
    // Nobody can write into a directory that is not there.
    let spool = weft.data().join("spool");
    std::fs::rename(&spool, weft.data().join("aside")).unwrap();
    let refused = weft.page().body(Page(Seed([1; 16])).batch(0..1)).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"5".parse().unwrap()));
    let (status, reasons) = weft.admin("/readyz").await;
    assert_eq!(status, 503);
    assert!(reasons.contains("not writable"), "{reasons}");
    assert_eq!(weft.admin("/livez").await.0, 200);
    assert_eq!(weft.count("/keys/shop-web/refused/spool_failing").await, 1);
    std::fs::rename(weft.data().join("aside"), &spool).unwrap();
    weft.acknowledged(Page(Seed([1; 16])).batch(0..1)).await;
    assert_eq!(weft.admin("/readyz").await.0, 200);
}

#[tokio::test]
async fn a_process_that_takes_too_much_memory_turns_requests_away_and_says_so() {
    let weft = Weft::start(&[], "memory_limit_mib = 1").await;
    let page = Page(Seed([1; 16]));
    let refused = loop {
        let answer = weft.page().body(page.batch(0..3)).send().await.unwrap();
        if answer.status() == 503 {
            break answer;
        }
    };
    assert_eq!(refused.headers()["weft-refused"], "later");
    assert!(refused.headers().contains_key("retry-after"));
    let (status, reasons) = weft.admin("/readyz").await;
    assert_eq!(status, 503);
    assert!(reasons.contains("memory_limit_mib"), "{reasons}");
    assert_eq!(weft.admin("/livez").await.0, 200);
    let metrics = weft.admin("/metrics").await.1;
    let limit = metrics.lines().find(|line| line.starts_with("weft_memory_limit_bytes")).unwrap();
    assert!(limit.ends_with(" 1048576"), "{limit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_are_sent_as_otlp_too_and_not_through_the_collector() {
    let sink = Sink::start(&[]).await;
    let settings = format!("[telemetry]\nendpoint = \"{}\"\ninterval_seconds = 1\n", sink.url);
    let weft = Weft::start(&[], &settings).await;
    weft.acknowledged(Page(Seed([1; 16])).batch(0..3)).await;
    let mut seen = 1;
    let accepted = loop {
        let (path, body) = sink.others(seen).await.pop().unwrap();
        assert_eq!(path, "/v1/metrics");
        let request = ExportMetricsServiceRequest::decode(body).unwrap();
        let resource = &request.resource_metrics[0];
        let metrics = resource.scope_metrics.iter().flat_map(|scope| &scope.metrics);
        let found = metrics.into_iter().find(|metric| metric.name == "weft_events_accepted");
        if let Some(metric) = found {
            break metric.clone();
        }
        seen += 1;
    };
    let Some(metric::Data::Sum(sum)) = accepted.data else { panic!("{accepted:?}") };
    assert!(sum.is_monotonic);
    assert_eq!(sum.data_points[0].value, Some(number_data_point::Value::AsDouble(3.0)));
    assert_eq!(weft.count("/keys/shop-web/accepted").await, 3, "and nothing else");
}

#[tokio::test]
async fn who_has_no_token_sees_nothing_but_whether_it_is_alive_and_no_page_can_use_what_is_shown() {
    let weft = Weft::start(&[], "admin_token = \"open-sesame-open-sesame\"").await;
    let get = |path: &str, token: Option<&str>| {
        let request = weft.http.get(format!("{}{path}", weft.admin));
        token.into_iter().fold(request, |request, token| request.bearer_auth(token)).send()
    };
    for path in ["/metrics", "/api/ledger", "/api/sessions", "/api/connections"] {
        for token in [None, Some("open-sesame-open-sesam"), Some("")] {
            let answer = get(path, token).await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["www-authenticate"]),
                (401, &"Bearer".parse().unwrap())
            );
        }
        assert_eq!(get(path, Some("open-sesame-open-sesame")).await.unwrap().status(), 200, "{path}");
    }
    let answer =
        weft.http.post(format!("{}/api/drain", weft.admin)).header("weft-drain", "1").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let alive = get("/livez", None).await.unwrap();
    assert_eq!(alive.status(), 200);
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("cache-control", "no-store"), ("x-frame-options", "DENY")]
    {
        assert_eq!(alive.headers()[name], value);
    }
    assert!(alive.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
}

#[tokio::test]
async fn a_page_whose_name_points_at_this_machine_sees_nothing() {
    let weft = Weft::start(&[], "").await;
    let get = |host: &str| weft.http.get(format!("{}/api/sessions", weft.admin)).header("host", host).send();
    assert_eq!(get("rebound.example:4319").await.unwrap().status(), 403);
    assert_eq!(get("localhost:4319").await.unwrap().status(), 200);
}

/// What a page may send without asking first: no header of ours, whatever the method and the type of its body.
#[tokio::test]
async fn a_page_can_neither_drain_nor_erase() {
    let weft = Weft::start(&[], "").await;
    for path in ["/api/drain", "/api/erase"] {
        let url = format!("{}{path}", weft.admin);
        let plain = weft
            .http
            .post(&url)
            .header("origin", "https://evil.example")
            .header("content-type", "text/plain");
        assert_eq!(plain.body("07".repeat(16)).send().await.unwrap().status(), 403, "{path}");
        let asks = weft.http.request(reqwest::Method::OPTIONS, &url).header("origin", "https://evil.example");
        let asks = asks
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "weft-erase");
        let answer = asks.send().await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    assert_eq!(weft.admin("/readyz").await.0, 200);
}
