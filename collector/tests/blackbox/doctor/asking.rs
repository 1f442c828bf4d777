//! Faults of the preflight, and of who may see the answer.

use super::{
    SHOP,
    api::{Answer, Api, Asked},
    as_shop,
};

/// An API that is right but for one header of its preflights.
async fn preflight(name: &'static str, value: Option<&'static str>) -> Api {
    Api::start(
        move |asked| {
            if is_preflight(asked) { Api::right(asked).with(name, value) } else { Api::right(asked) }
        },
    )
    .await
}

/// One that is right but for one header of its answers.
async fn answer(name: &'static str, value: Option<&'static str>) -> Api {
    Api::start(
        move |asked| {
            if is_preflight(asked) { Api::right(asked) } else { Api::right(asked).with(name, value) }
        },
    )
    .await
}

fn is_preflight(asked: &Asked) -> bool {
    asked.method == "OPTIONS"
}

#[tokio::test]
async fn a_preflight_that_is_not_answered_with_success_is_wrong() {
    for (status, change) in
        [(404, "answer OPTIONS at this path"), (401, "before authentication"), (302, "not by a redirect")]
    {
        let api = Api::start(move |asked| {
            let right = Api::right(asked);
            if is_preflight(asked) { right.status(status).with("location", Some("/login")) } else { right }
        })
        .await;
        let said = as_shop(&api, &[]).await.one_is_wrong("preflight");
        assert!(said.contains(change), "{said}");
    }
}

#[tokio::test]
async fn an_origin_that_is_missing_or_another_or_said_twice_is_wrong() {
    for (value, change) in [
        (None, "add Access-Control-Allow-Origin: https://shop.example"),
        (Some("https://other.example"), "exactly"),
        (Some("https://shop.example/"), "exactly"),
        (Some("https://shop.example, https://shop.example"), "once"),
    ] {
        let said = as_shop(&preflight("access-control-allow-origin", value).await, &[]).await;
        assert!(said.one_is_wrong("preflight-origin").contains(change));
        let said = as_shop(&answer("access-control-allow-origin", value).await, &[]).await;
        assert!(said.one_is_wrong("allow-origin").contains(change));
    }
    let twice = Api::start(|asked| Api::right(asked).and("access-control-allow-origin", SHOP)).await;
    assert_eq!(as_shop(&twice, &[]).await.all("wrong"), ["preflight-origin", "allow-origin"]);
}

#[tokio::test]
async fn headers_that_are_not_allowed_are_named() {
    for (value, change) in [
        (None, "add baggage, traceparent, tracestate"),
        (Some("traceparent, tracestate"), "add baggage:"),
        (Some("traceparent baggage"), "commas"),
    ] {
        let said = as_shop(&preflight("access-control-allow-headers", value).await, &[]).await;
        assert!(said.one_is_wrong("allow-headers").contains(change));
    }
    as_shop(&preflight("access-control-allow-headers", Some("*")).await, &[]).await.all_is_well();
}

#[tokio::test]
async fn a_star_covers_no_request_with_credentials() {
    let with = |name: &'static str, value: &'static str| async move {
        let api = Api::start(move |asked| {
            Api::right(asked).with("access-control-allow-credentials", Some("true")).with(name, Some(value))
        });
        let api = api.await;
        as_shop(&api, &["--credentials", "--method", "PATCH"]).await
    };
    with("access-control-allow-credentials", "true").await.all_is_well();
    let said = with("access-control-allow-headers", "*").await;
    assert!(said.one_is_wrong("allow-headers").contains("does not cover"));
    with("access-control-allow-methods", "*").await.one_is_wrong("allow-methods");
    let said = with("access-control-allow-origin", "*").await;
    assert_eq!(said.all("wrong"), ["preflight-origin"], "and it is not sent");
    let said = with("access-control-allow-credentials", "True").await;
    assert!(said.one_is_wrong("credentials").contains("small letters"));
    // The same for a page that asks without: it works, and will not with.
    let api = Api::start(|asked| {
        let right = Api::right(asked).with("access-control-allow-origin", Some("*"));
        if is_preflight(asked) { right } else { right.with("access-control-allow-credentials", Some("true")) }
    });
    as_shop(&api.await, &[]).await.one_is_doubtful("credentials");
}

#[tokio::test]
async fn a_method_is_allowed_letter_by_letter_and_is_not_sent_otherwise() {
    let api = Api::start(Api::right).await;
    let said = as_shop(&api, &["--method", "patch"]).await;
    assert!(said.one_is_wrong("allow-methods").contains("case of their letters"));
    assert_eq!(said.of("answer").0, "warning");
    assert_eq!(api.asked().len(), 1, "a browser would not send it either");
    let said = as_shop(&api, &["--method", "delete"]).await;
    assert!(said.one_is_wrong("allow-methods").contains("add DELETE"));
    as_shop(&api, &["--method", "put"]).await.all_is_well();
    as_shop(&api, &["--method", "post"]).await.all_is_well();
}

#[tokio::test]
async fn a_permission_that_does_not_last_is_doubtful() {
    for value in [None, Some("5"), Some("soon")] {
        let said = as_shop(&preflight("access-control-max-age", value).await, &[]).await;
        assert!(said.one_is_doubtful("max-age").contains("7200"));
    }
}

#[tokio::test]
async fn an_answer_that_depends_on_the_origin_says_so_to_caches() {
    let api = Api::start(|asked| {
        let stranger = asked.headers.get("origin").is_some_and(|origin| origin != SHOP);
        let allowed = if stranger { None } else { Some(SHOP) };
        Api::right(asked).with("access-control-allow-origin", allowed).with("vary", None)
    });
    assert!(as_shop(&api.await, &[]).await.one_is_doubtful("vary").contains("Vary: Origin"));
    as_shop(&answer("vary", None).await, &[]).await.all_is_well();
}

#[tokio::test]
async fn an_api_that_lets_every_origin_read_with_credentials_is_wrong() {
    let api = Api::start(|asked| {
        let origin = asked.headers.get("origin").unwrap().to_str().unwrap().to_owned();
        let right = Api::right(asked).with("access-control-allow-credentials", Some("true"));
        right.with("access-control-allow-origin", Some(&origin))
    });
    let change = as_shop(&api.await, &[]).await.one_is_wrong("strangers");
    assert!(change.contains("a list"), "{change}");
}

#[tokio::test]
async fn errors_need_the_headers_of_cors_too() {
    let api =
        Api::start(|asked| if is_preflight(asked) { Api::right(asked) } else { Answer::new(500) }).await;
    let said = as_shop(&api, &[]).await;
    assert_eq!(said.all("wrong"), ["allow-origin"]);
    assert!(said.of("allow-origin").2.contains("errors"));
    assert!(said.of("answer").1.contains("500"));
}

#[tokio::test]
async fn a_request_id_is_exposed_to_be_read() {
    let said = as_shop(&answer("access-control-expose-headers", None).await, &[]).await;
    assert!(said.one_is_doubtful("request-id").contains("Access-Control-Expose-Headers: x-request-id"));
    as_shop(&answer("access-control-expose-headers", Some("*")).await, &[]).await.all_is_well();
    as_shop(&answer("x-request-id", None).await, &[]).await.all_is_well();
    let api =
        Api::start(|asked| Api::right(asked).with("x-request-id", None).with("server-timing", None)).await;
    assert_eq!(as_shop(&api, &[]).await.all("warning"), ["server-timing", "request-id"]);
}

#[tokio::test]
async fn times_are_hidden_from_pages_of_other_origins_that_are_not_allowed() {
    for value in [None, Some("https://other.example"), Some("https://SHOP.example")] {
        let said = as_shop(&answer("timing-allow-origin", value).await, &[]).await;
        assert!(
            said.one_is_wrong("timing-allow-origin").contains("Timing-Allow-Origin: https://shop.example")
        );
    }
    let api =
        Api::start(|asked| Api::right(asked).with("timing-allow-origin", None).with("server-timing", None))
            .await;
    assert_eq!(as_shop(&api, &[]).await.all("warning"), ["timing-allow-origin", "server-timing"]);
}
