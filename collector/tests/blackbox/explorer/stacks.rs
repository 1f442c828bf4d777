//! The stack of an error, told as it was written: what a bundler wrote gets debug ids, its maps are uploaded, and nobody but
//! those who may look sees them.

use std::{fs, path::Path};

use serde_json::Value as Json;
use weft_collector::{
    commands::{inject_debug_ids, list_source_maps, upload_source_maps},
    config::{Config, TEN_LINES},
};
use weft_proto::{Attribute, Batch, Seed, Session, Value};

use super::{FIRST, add, described::document, end, events, hex, schema::mistakes, session, shown};
use crate::support::{Page, Sink, Weft};

/// `f` calls `g`, in one line, as a bundler leaves it; behind it, where in the sources that was.
const SCRIPT: &str = "\"use strict\";function f(){g()}f();\n//# sourceMappingURL=app-1a2b.js.map\n";
const MAP: &str = r#"{"version":3,"file":"app-1a2b.js","sources":["../src/cart.ts"],"names":[],
    "mappings":"aAEA,aACE","sourcesContent":["// cart\n\nexport const f = () =>\n  g(secret);\n"]}"#;

fn written(directory: &Path) {
    fs::create_dir(directory.join("assets")).unwrap();
    fs::write(directory.join("assets/app-1a2b.js"), SCRIPT).unwrap();
    fs::write(directory.join("assets/app-1a2b.js.map"), MAP).unwrap();
}

fn settings(weft: &Weft) -> Config {
    let admin = weft.admin.trim_start_matches("http://");
    Config::from_toml(&format!("admin = \"{admin}\"\n{TEN_LINES}")).unwrap()
}

/// A page on which `g` is missing.
fn failed(page: &Page, debug_id: &str) -> Vec<u8> {
    let mut batch = Batch { page_load: Some(0), ..Batch::default() };
    batch.sessions = vec![Session { id: FIRST, previous_id: None, randomness: 1 }];
    let stack = "ReferenceError: g is not defined\n    at f (https://shop.example/assets/app-1a2b.js:2:27)\n    \
                 at https://shop.example/assets/other.js:1:1";
    let said = [("exception.type", "ReferenceError"), ("exception.stacktrace", stack)];
    add(&mut batch, 0, "exception", 0, &said);
    let key = batch.strings.intern("weft.debug_ids");
    let id = batch.strings.intern(&format!("app-1a2b.js={debug_id}"));
    batch.attributes.push(Attribute { key, value: Value::List(vec![Value::Text(id)].into()) });
    batch.events[0].attributes.end += 1;
    page.seal(&batch)
}

#[tokio::test]
async fn a_stack_is_told_as_it_was_written_once_the_map_is_there_and_to_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path());
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let config = settings(&weft);
    let refused = upload_source_maps(&config, directory.path()).await.unwrap_err().to_string();
    assert!(refused.contains("weft sourcemaps inject"), "{refused}");
    assert!(inject_debug_ids(directory.path()).unwrap().starts_with("1 of 1 scripts"));
    let script = fs::read_to_string(directory.path().join("assets/app-1a2b.js")).unwrap();
    assert!(inject_debug_ids(directory.path()).unwrap().starts_with("0 of 1 scripts"), "once is enough");
    assert_eq!(fs::read_to_string(directory.path().join("assets/app-1a2b.js")).unwrap(), script);
    assert!(script.starts_with("\"use strict\";!function") && script.lines().nth(1) == SCRIPT.lines().next());
    let id = script.lines().last().unwrap().strip_prefix("//# debugId=").unwrap();

    let page = Page(Seed([8; 16]));
    weft.acknowledged(failed(&page, id)).await;
    shown(&weft, &session(FIRST), events(1)).await;
    let event = format!("/api/explorer/sessions/shop/{}/events/{}", hex(&FIRST), end(&page, 0));
    let told = async || -> Json { serde_json::from_str(&weft.admin(&event).await.1).unwrap() };
    let before = told().await;
    let unknown = format!("no source map of app-1a2b.js ({id}) is here: upload it");
    assert_eq!(before["stack"][1]["unknown"], unknown);

    let uploaded = upload_source_maps(&config, directory.path()).await.unwrap();
    assert!(uploaded.contains(id), "{uploaded}");
    assert!(list_source_maps(&config).await.unwrap().contains(id));
    let detail = told().await;
    let lines = detail["stack"].as_array().unwrap();
    assert_eq!((&lines[0]["original"], &lines[0]["unknown"]), (&Json::Null, &Json::Null), "a message");
    let original = &lines[1]["original"];
    assert_eq!((&original["source"], &original["line"]), (&"../src/cart.ts".into(), &4.into()), "{detail:#}");
    assert_eq!(original["lines"][3], "  g(secret);");
    assert!(lines[2]["unknown"].as_str().unwrap().contains("other.js has no debug id"));
    let document = document();
    let found = mistakes(&document, &document["components"]["schemas"]["Detail"], &detail);
    assert!(found.is_empty(), "{found:?}");
    for path in ["/api/sourcemaps", &format!("/api/sourcemaps/{id}")] {
        let public = weft.http.get(format!("{}{path}", weft.ingest)).send().await.unwrap();
        assert_eq!(public.status(), 404, "nobody sees a map where pages send to");
        assert!(!weft.admin(path).await.1.contains("secret"));
    }
}

#[tokio::test]
async fn a_map_without_an_id_or_that_is_none_is_refused_with_what_to_change() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let post = |id: &'static str, body: &'static str| {
        let request = weft.http.post(format!("{}/api/sourcemaps", weft.admin)).body(body);
        if id.is_empty() { request } else { request.header("weft-source-map", id) }
    };
    let id = "85314830-023f-4cf1-a267-535f4e37bb17";
    for (id, body, status, said) in [
        ("", MAP, 403, "weft-source-map"),
        ("../../etc/passwd", MAP, 403, "weft-source-map"),
        (id, "<!doctype html>", 400, "no source map"),
        (id, "[1]", 400, "no source map"),
    ] {
        let answer = post(id, body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{id} {body}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(said), "{text}");
    }
    assert_eq!(list_source_maps(&settings(&weft)).await.unwrap(), "there are none\n");
    let empty = tempfile::tempdir().unwrap();
    let nothing = upload_source_maps(&settings(&weft), empty.path()).await.unwrap_err().to_string();
    assert!(nothing.contains("have the bundler write some"), "{nothing}");
}
