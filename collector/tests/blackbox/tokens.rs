//! Tokens of pages: asked for here or made by a backend, needed or not, and refused so that a page gets another one.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use weft_proto::Seed;

use crate::support::{ORIGIN, Page, Sink, Weft};

const RING: &str = "[[keys.shop-web.tokens.key]]\nid = \"a\"\nhmac = \"0123456789abcdef0123456789abcdef\"\n";

fn settings(more: &str) -> String {
    format!("{more}\n[keys.shop-web.tokens]\nmade_here = true\n{RING}")
}

async fn ask(weft: &Weft) -> reqwest::Response {
    let url = format!("{}/api/telemetry/token?key=pk_demo_shop", weft.ingest);
    weft.http.post(url).header("origin", ORIGIN).send().await.unwrap()
}

async fn post(weft: &Weft, at: u8, token: Option<&str>) -> reqwest::Response {
    let token = token.map(|token| format!("&token={token}")).unwrap_or_default();
    let url = format!("{}/api/telemetry?key=pk_demo_shop{token}", weft.ingest);
    let page = weft.http.post(url).header("origin", ORIGIN).body(Page(Seed([at; 16])).batch(0..3));
    page.send().await.unwrap()
}

#[tokio::test]
async fn a_page_without_a_good_token_is_told_to_get_another_and_with_one_its_events_arrive() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start_with(&[&sink], "", &settings("")).await;
    let forged =
        format!("{}.{}.AAAA", BASE64.encode(r#"{"alg":"none"}"#), BASE64.encode(r#"{"exp":9999999999}"#));
    for (token, outcome, says) in [
        (None, "token_missing", "option `token`"),
        (Some(forged.as_str()), "token_invalid", "how the backend signs"),
    ] {
        let answer = post(&weft, 1, token).await;
        assert_eq!(answer.status(), 401, "{outcome}");
        assert_eq!(answer.headers()["weft-refused"], "token");
        assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
        assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("Weft-Refused"));
        assert!(answer.text().await.unwrap().contains(says), "{outcome}");
        assert_eq!(weft.count(&format!("/keys/shop-web/bodies_refused/{outcome}")).await, 1);
    }
    let made = ask(&weft).await;
    assert_eq!(
        (made.status().as_u16(), &made.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    assert_eq!(made.headers()["access-control-allow-origin"], ORIGIN);
    let token = made.text().await.unwrap();
    assert_eq!(post(&weft, 1, Some(&token)).await.status(), 200);
    assert_eq!(sink.spans(3).await.len(), 3);
}

#[tokio::test]
async fn tokens_are_made_for_the_keys_origins_alone_and_for_so_many_new_pages() {
    let sink = Sink::start(&[]).await;
    let rates =
        "[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n[rates]\nnew_pages_per_second = 1\nnew_pages_burst = 2";
    let weft = Weft::start_with(&[&sink], rates, &settings("")).await;
    let url = format!("{}/api/telemetry/token?key=pk_demo_shop", weft.ingest);
    let ask = |origin: &'static str| {
        let request = weft.http.post(&url).header("origin", origin).header("x-forwarded-for", "203.0.113.7");
        async { request.send().await.unwrap() }
    };
    assert_eq!(ask("https://other.example").await.status(), 403);
    assert_eq!(weft.http.get(&url).send().await.unwrap().status(), 405);
    for _ in 0..2 {
        assert_eq!(ask(ORIGIN).await.status(), 200);
    }
    let refused = ask(ORIGIN).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn where_nobody_makes_tokens_none_are_needed_and_nobody_is_given_one() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let none = ask(&weft).await;
    assert_eq!((none.status().as_u16(), &none.headers()["weft-refused"]), (404, &"final".parse().unwrap()));
    assert_eq!(post(&weft, 1, Some("whatever")).await.status(), 200, "who needs none looks at none");
    let optional = settings("").replace("made_here = true", "made_here = true\nneeded = false");
    let weft = Weft::start_with(&[&sink], "", &optional).await;
    assert_eq!(post(&weft, 2, None).await.status(), 200);
    assert_eq!(post(&weft, 3, Some("whatever")).await.status(), 401, "but one that is there is looked at");
}

#[tokio::test]
async fn pages_that_come_with_one_token_are_limited_as_one() {
    let sink = Sink::start(&[]).await;
    let weft =
        Weft::start_with(&[&sink], "[rates]\npage_per_second = 1\npage_burst = 3", &settings("")).await;
    let token = ask(&weft).await.text().await.unwrap();
    let mut answers = Vec::new();
    for at in 0..6 {
        answers.push(post(&weft, at, Some(&token)).await.status().as_u16());
    }
    assert_eq!(answers[0], 200);
    assert_eq!(answers[5], 429, "{answers:?}");
    assert!(weft.count("/keys/shop-web/bodies_refused/page_limited").await > 0);
}

/// The snippet of `docs/limits.md`, as it stands there.
#[tokio::test]
async fn what_the_documented_snippet_makes_is_taken() {
    let docs = include_str!("../../../docs/limits.md");
    let (_, rest) = docs.split_once("```js\n").unwrap();
    let (snippet, _) = rest.split_once("```").unwrap();
    let program = format!("{snippet}\nprocess.stdout.write(token('session-17'))");
    let made = std::process::Command::new("node")
        .args(["--input-type=module", "--eval", &program])
        .env("WEFT_TOKEN_SECRET", "0123456789abcdef0123456789abcdef")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let token = String::from_utf8(made.stdout).unwrap();
    let sink = Sink::start(&[]).await;
    let ring = RING.replace("\"a\"", "\"2026-11\"");
    let weft = Weft::start_with(&[&sink], "", &format!("[keys.shop-web.tokens]\n{ring}")).await;
    assert_eq!(post(&weft, 1, Some(&token)).await.status(), 200);
    assert_eq!(ask(&weft).await.status(), 404);
}
