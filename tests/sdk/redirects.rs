//! Our headers meet redirects to another origin, which has to allow them and does not.

use support::{browser::Kind, site::Asked};

use super::scene::{Scene, flush};

in_each_engine!(
    a_get_that_is_redirected_elsewhere_is_repeated_once_without_our_headers_and_remembered,
    a_post_is_never_repeated,
    paths_that_are_excepted_and_pages_that_do_not_propagate_carry_no_headers,
);

/// Which of the requests by that path carried our headers.
fn carried(asked: &[Asked], path: &str) -> Vec<bool> {
    let by_path = asked.iter().filter(|asked| asked.path == path);
    by_path.map(|asked| asked.headers.contains_key("traceparent")).collect()
}

fn get(path: &str) -> String {
    format!("fetch('{path}').then((answer) => answer.text(), (error) => error.name)")
}

async fn a_get_that_is_redirected_elsewhere_is_repeated_once_without_our_headers_and_remembered(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    for _ in 0..2 {
        assert_eq!(tab.evaluate::<String>(&get("/out/there")).await, "elsewhere");
    }
    assert_eq!(tab.evaluate::<String>(&get("/echo/here")).await, "an answer");
    let asked = scene.site.take_asked();
    assert_eq!(carried(&asked, "/out/there"), [true, false, false]);
    assert_eq!(carried(&asked, "/echo/here"), [true], "only that path is left alone");
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!(stats.repeated, 1);
    scene.end().await;
}

async fn a_post_is_never_repeated(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let post =
        "fetch('/out/there', { method: 'POST', body: 'once' }).then(() => 'fine', (error) => error.name)";
    assert_eq!(tab.evaluate::<String>(post).await, "TypeError");
    assert_eq!(carried(&scene.site.take_asked(), "/out/there"), [true]);
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!(stats.repeated, 0);
    scene.end().await;
}

async fn paths_that_are_excepted_and_pages_that_do_not_propagate_carry_no_headers(kind: Kind) {
    let scene = Scene::start(kind).await;
    let excepted = scene.open("/page").await;
    scene.record(&excepted, "propagate: { except: ['/out'] },").await;
    assert_eq!(excepted.evaluate::<String>(&get("/out/there")).await, "elsewhere");
    assert_eq!(excepted.evaluate::<String>(&get("/echo/here")).await, "an answer");
    let asked = scene.site.take_asked();
    assert_eq!((carried(&asked, "/out/there"), carried(&asked, "/echo/here")), (vec![false], vec![true]));

    let never = scene.open("/page").await;
    scene.record(&never, "propagate: false,").await;
    assert_eq!(never.evaluate::<String>(&get("/out/there")).await, "elsewhere");
    assert_eq!(never.evaluate::<String>(&get("/echo/here")).await, "an answer");
    let asked = scene.site.take_asked();
    assert_eq!((carried(&asked, "/out/there"), carried(&asked, "/echo/here")), (vec![false], vec![false]));
    for tab in [&excepted, &never] {
        assert_eq!(flush(tab).await.repeated, 0);
    }
    assert_eq!(scene.elsewhere.take_heard().len(), 2, "no preflight");
    scene.end().await;
}
