//! Pages that forbid or lack what the SDK would like to have. Each goes on as if the SDK were not there.

use support::{browser::Kind, site::PAGE, stats::Stats};

use super::scene::{IMPORT, IMPORT_FULL, LOAD, Scene, flush, named, one_named};

in_each_browser!(
    a_policy_that_forbids_webassembly_gets_the_module_as_javascript,
    a_page_that_does_not_want_webassembly_gets_the_module_as_javascript_with_the_same_bytes,
    trusted_types_are_no_obstacle,
    a_frame_of_another_site_records_for_itself,
    a_sandboxed_frame_without_storage_records_in_memory,
    a_module_of_the_wrong_type_is_compiled_all_the_same,
    in_debug_a_module_that_is_blocked_is_one_line_on_the_console_and_otherwise_none,
    storage_that_vanishes_under_a_live_page_is_counted_and_costs_nothing_else,
);

async fn a_policy_that_forbids_webassembly_gets_the_module_as_javascript(kind: Kind) {
    let scene = Scene::start(kind).await;
    scene.site.page(
        "/page/strict",
        PAGE,
        &[("content-security-policy", "default-src 'none'; script-src 'self'; connect-src *; img-src data:")],
    );
    let tab = scene.open("/page/strict").await;
    let violations = "void (window.seen = [], document.addEventListener('securitypolicyviolation', (event) => seen.push(event.blockedURI)))";
    tab.evaluate::<()>(violations).await;
    scene.record_fully(&tab, "").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    // Trying is the only way to know, and browsers report it; we do not.
    assert!(tab.evaluate::<bool>("seen.every((uri) => uri === 'wasm-eval')").await);
    let spans = scene.end().await;
    assert_eq!((named(&spans, LOAD), named(&spans, "exception")), (1, 0));
}

async fn a_page_that_does_not_want_webassembly_gets_the_module_as_javascript_with_the_same_bytes(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let asked = "performance.getEntriesByType('resource').map((entry) => entry.name.split('/').pop())";
    scene.record(&tab, "wasm: false,").await;
    let names: Vec<String> = tab.evaluate(asked).await;
    assert!(
        names.iter().any(|name| name.starts_with("weft.wasm.js")) && !names.contains(&"weft.wasm".to_owned()),
        "{names:?}"
    );
    // The same calls to both.
    let same: bool = tab
        .evaluate(
            "(async () => {
                const js = (await import('/weft/weft.wasm.js')).default();
                const { instance } = await WebAssembly.instantiate(await (await fetch('/weft/weft.wasm')).arrayBuffer());
                const sealed = (exports) => {
                    const text = (value) => [value.length, 0, 0, 0, ...new TextEncoder().encode(value)];
                    const frame = (bytes) => {
                        new Uint8Array(exports.memory.buffer, exports.buffer(), bytes.length).set(bytes);
                        return bytes.length;
                    };
                    for (let number = 0; number < 50; number++) {
                        exports.begin(number, 1.8e12 + number * 1e3, 0, 0, number - 1, false, -1, number);
                        const url = text('https://a.example/p/' + number + '?q=1');
                        const bytes = [...text('GET ' + (number % 5)), 1, 0, 0, 0, ...text('url.full'), 0, ...url];
                        exports.finish(number, number / 3, 3, 0, false, frame(bytes));
                    }
                    const length = exports.seal(1.8e12, 1);
                    return [...new Uint8Array(exports.memory.buffer, exports.output(), length)].join();
                };
                const [one, other] = [sealed(js), sealed(instance.exports)];
                return one.length > 100 && one === other;
            })()",
        )
        .await;
    assert!(same, "both builds give the same bytes");
    scene.end().await;
}

async fn trusted_types_are_no_obstacle(kind: Kind) {
    let scene = Scene::start(kind).await;
    let policy =
        "require-trusted-types-for 'script'; trusted-types 'none'; script-src 'self' 'wasm-unsafe-eval'";
    scene.site.page("/page/trusted", PAGE, &[("content-security-policy", policy)]);
    let tab = scene.open_recording_fully("/page/trusted").await;
    tab.click("#press").await;
    flush(&tab).await;
    tab.assert_no_errors().await;
    let spans = scene.end().await;
    assert_eq!((named(&spans, LOAD), named(&spans, "exception")), (1, 0));
}

/// A page with a frame in it.
fn framing(frame: &str) -> String {
    PAGE.replace("</body>", &format!("{frame}</body>"))
}

async fn a_frame_of_another_site_records_for_itself(kind: Kind) {
    let scene = Scene::start(kind).await;
    let other = scene.site.url_of_another_site();
    let html = framing(&format!("<iframe src='{other}/page/across'></iframe>"));
    scene.site.page("/page/outer", &html, &[]);
    let tab = scene.open("/page/outer").await;
    let frame = tab.frame("/page/across");
    // The collector allows one origin: the frame is refused, and harms nobody.
    frame
        .evaluate::<()>(&format!("(async () => {{ {IMPORT}; {}; weft.event('framed'); }})()", scene.init("")))
        .await;
    frame.wait_until("weft.stats().pending === 0").await;
    assert_eq!(frame.evaluate::<i64>("weft.stats().errors").await, 0);
    assert!(tab.evaluate::<bool>("window.weft === undefined").await);
    scene.end().await;
}

async fn a_sandboxed_frame_without_storage_records_in_memory(kind: Kind) {
    let scene = Scene::start(kind).await;
    let html =
        framing(&format!("<iframe sandbox='allow-scripts' src='{}/page/boxed'></iframe>", scene.site.url()));
    scene.site.page("/page/outer", &html, &[]);
    let tab = scene.open("/page/outer").await;
    let frame = tab.frame("/page/boxed");
    let start = format!(
        "(async () => {{
            // A sandboxed document has an origin of its own, from which no module of the site can be had.
            const source = await (await fetch('/weft/full.js', {{ mode: 'no-cors' }}).catch(() => null));
            window.loaded = await import('/weft/full.js').then((module) => (window.weft = module, true), () => false);
            if (loaded) {{ {}; weft.event('boxed'); }}
        }})()",
        scene.init("")
    );
    frame.evaluate::<()>(&start).await;
    if frame.evaluate::<bool>("loaded").await {
        frame.wait_until("weft.stats().journal.startsWith('none')").await;
        assert_eq!(frame.evaluate::<i64>("weft.stats().errors").await, 0);
    }
    scene.end().await;
}

async fn a_module_of_the_wrong_type_is_compiled_all_the_same(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record(&tab, "wasmUrl: '/mistyped/weft.wasm',").await;
    tab.assert_no_errors().await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, LOAD), 1);
}

async fn in_debug_a_module_that_is_blocked_is_one_line_on_the_console_and_otherwise_none(kind: Kind) {
    let scene = Scene::start(kind).await;
    for (debug, lines) in [("", 0), ("debug: true,", 1)] {
        let tab = scene.open("/page").await;
        let init = scene.init(&format!("{debug} wasmUrl: '/missing/weft.wasm',"));
        tab.evaluate::<()>(&format!("(async () => {{ {IMPORT_FULL}; {init}; weft.event('anyway'); }})()"))
            .await;
        flush(&tab).await;
        let said = tab.log().await.console;
        let ours = said.iter().filter(|line| line.contains("weft:")).count();
        assert_eq!(ours, lines, "{said:?}");
    }
    let spans = scene.end().await;
    assert_eq!(named(&spans, "anyway"), 2, "as JSON, but sent");
}

async fn storage_that_vanishes_under_a_live_page_is_counted_and_costs_nothing_else(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(
        "(async () => {
            localStorage.clear();
            sessionStorage.clear();
            await new Promise((resolve, reject) => {
                const request = indexedDB.deleteDatabase('weft');
                request.onsuccess = resolve;
                request.onerror = reject;
            });
        })()",
    )
    .await;
    let session: String = tab.evaluate("weft.event('after') && 'recorded'").await;
    assert_eq!(session, "recorded");
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    assert!(tab.evaluate::<bool>("weft.stats().journalErrors > 0").await);
    let _: Stats = Stats::of(&tab).await;
    let spans = scene.end().await;
    // In-page links never depend on storage.
    assert!(one_named(&spans, "after").kinds_to(one_named(&spans, LOAD)).contains(&"page".to_owned()));
}
