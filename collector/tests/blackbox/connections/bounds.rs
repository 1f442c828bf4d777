//! Whoever has the public key can post what they like: it costs a bounded memory, and no other application anything.

use super::scene::{Scene, Visit, asked, count};
use crate::support::ORIGIN;

const OTHER: &str = "
[keys.blog-web]
kind = \"browser\"
key = \"pk_blog\"
application = \"blog\"
service = \"blog-web\"
origins = [\"http://localhost:3000\"]";

async fn post(scene: &Scene, key: &str, batch: Vec<u8>) {
    let url = format!("{}/api/telemetry?key={key}", scene.weft.ingest);
    let answer = scene.weft.http.post(url).header("origin", ORIGIN).body(batch).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_flood_of_routes_stays_within_its_bound_and_another_application_sees_nothing_of_it() {
    let scene = Scene::start(OTHER).await;
    let url = format!("{ORIGIN}/api/posts");
    let mine = Visit::new(1, scene.now_ms()).load("/post").request(
        1,
        0,
        "GET",
        &url,
        &[("http.response.status_code", "200")],
    );
    post(&scene, "pk_blog", Visit::new(9, scene.now_ms()).load("/first").sealed()).await;
    scene.pass().await;
    post(&scene, "pk_blog", mine.sealed()).await;
    let mut sent = 0;
    for page in 2..80_u8 {
        let mut flood = Visit::new(page, scene.now_ms()).load(&format!("/{page}"));
        for number in 1..400 {
            let url = format!("http://host-{page}.example/{}/p{}", "long-".repeat(40), letters(number));
            flood = flood.request(number, 0, "GET", &url, &[]);
        }
        post(&scene, "pk_demo_shop", flood.sealed()).await;
        sent += 399;
    }
    scene.pass().await;
    let map = scene.shown("shop").await;
    let number = |pointer: &str| map.pointer(pointer).unwrap().as_u64().unwrap();
    let rows = map["unconnected"]["requests"].as_array().unwrap();
    assert!(rows.len() <= 500);
    assert!(rows.iter().all(|row| asked(row).len() < 500), "what is long is cut");
    // Some were pushed out while they waited, some rows since, and for some there was no time: none is unaccounted for.
    let shown: u64 = rows.iter().map(count).sum();
    let counted = shown + number("/beyond_bounds/requests") + number("/beyond_bounds/waiting");
    let not_looked_at = number("/not_looked_at");
    assert!(
        counted <= sent && counted + not_looked_at >= sent,
        "{counted} of {sent}, {not_looked_at} not looked at"
    );
    let others = scene.shown("blog").await;
    let rows = others["unconnected"]["requests"].as_array().unwrap();
    assert_eq!(rows.iter().map(asked).collect::<Vec<_>>(), ["/post → GET localhost:3000/api/posts"]);
    assert_eq!((&others["not_looked_at"], &others["beyond_bounds"]["requests"]), (&0.into(), &0.into()));
    assert!(!others.to_string().contains("host-"), "nothing of what was sent to the other");
    let (_, metrics) = scene.weft.admin("/metrics").await;
    assert!(
        metrics.contains("weft_connections_rows{application=\"blog\",list=\"requests\"} 1\n"),
        "{metrics}"
    );
    assert!(metrics.contains("weft_connections_not_looked_at_total{application=\"blog\"} 0\n"), "{metrics}");
}

/// A word for each number, in which nothing looks like an id.
fn letters(mut number: u64) -> String {
    let mut word = String::new();
    while number > 0 {
        word.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    word
}
