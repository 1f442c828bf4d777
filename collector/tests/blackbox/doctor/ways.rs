//! Redirects, as fetch follows them.

use super::{
    SHOP,
    api::{Answer, Api, Asked},
    as_shop, doctor,
};

/// An API whose answer is a redirect, with everything else right.
async fn leads(status: u16, to: impl Fn(&Asked) -> Option<String> + Send + Sync + 'static) -> Api {
    Api::start(move |asked| match to(asked) {
        Some(location) if asked.method != "OPTIONS" => {
            Api::right(asked).status(status).with("location", Some(&location))
        }
        _ => Api::right(asked),
    })
    .await
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_with_a_preflight_of_its_own() {
    let api = leads(307, |asked| (asked.path == "/cart").then(|| "/carts/7".to_owned())).await;
    as_shop(&api, &[]).await.all_is_well();
    let ways: Vec<_> = api.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    assert_eq!(ways[..4], ["OPTIONS /cart", "GET /cart", "OPTIONS /carts/7", "GET /carts/7"]);
}

#[tokio::test]
async fn a_redirect_to_another_origin_takes_the_headers_along_and_needs_permission_there() {
    let other = Api::start(|_| Answer::new(200).body("text/plain", "moved")).await;
    let to = other.url("/cart");
    let api = leads(302, move |_| Some(to.clone())).await;
    // As the page's own origin, so that only the other one needs CORS.
    let said = doctor(&[&api.url("/cart")]).await;
    let (verdict, seen, change) = said.of("redirect");
    assert!(
        verdict == "warning" && seen.contains("another origin") && change.contains("propagate.except"),
        "{seen}"
    );
    assert_eq!(said.all("wrong"), ["preflight-origin", "allow-headers", "allow-origin"]);
    assert_eq!(said.code, Some(1));
    let asked = other.asked();
    assert_eq!(asked[0].headers["origin"], api.url("").as_str(), "one foreign origin keeps who asked");
    assert!(asked[1].headers.contains_key("traceparent"));
}

#[tokio::test]
async fn between_two_foreign_origins_the_origin_becomes_null() {
    let other = Api::start(Api::right).await;
    let to = other.url("/cart");
    let said = as_shop(&leads(308, move |_| Some(to.clone())).await, &[]).await;
    assert_eq!(other.asked()[0].headers["origin"], "null");
    assert_eq!(said.all("wrong"), ["preflight-origin", "allow-origin", "timing-allow-origin"]);
    assert!(said.of("allow-origin").2.contains("directly"), "{:#}", said.report);
}

#[tokio::test]
async fn a_redirect_needs_permission_itself() {
    let api = Api::start(|asked| {
        let right = Api::right(asked);
        if asked.method == "OPTIONS" || asked.path != "/cart" {
            return right;
        }
        Answer::new(301).with("location", Some("/carts"))
    })
    .await;
    let said = as_shop(&api, &[]).await;
    assert_eq!(said.all("wrong"), ["allow-origin"]);
}

#[tokio::test]
async fn a_circle_and_an_address_that_pages_cannot_fetch_are_wrong() {
    let said = as_shop(&leads(302, |_| Some("/cart".to_owned())).await, &[]).await;
    assert!(said.one_is_wrong("redirect").contains("circle"));
    for location in ["ftp://files.example/", "http://[", "https://me:secret@other.example/"] {
        let said = as_shop(&leads(302, |_| Some(location.to_owned())).await, &[]).await;
        said.one_is_wrong("redirect");
    }
}

#[tokio::test]
async fn a_post_that_is_redirected_becomes_a_get() {
    let api = leads(303, |asked| (asked.path == "/cart").then(|| "/done".to_owned())).await;
    as_shop(&api, &["--method", "POST"]).await.all_is_well();
    let last =
        api.asked().into_iter().find(|asked| asked.path == "/done" && asked.method != "OPTIONS").unwrap();
    assert_eq!((last.method.as_str(), &last.headers["origin"]), ("GET", &SHOP.parse().unwrap()));
}
