//! Several copies of the SDK in one page, several keys, and what others do to the globals it patches.

use support::{browser::Kind, collector::BROWSER_KEY};

use super::scene::{CLICK, IMPORT, IMPORT_FULL, Scene, flush, named};

in_each_browser!(
    a_second_copy_with_the_same_key_hands_its_calls_to_the_first,
    another_key_has_a_scope_of_its_own_in_which_nothing_is_captured_by_itself,
    another_major_version_refuses_with_one_hint,
    shutdown_gives_back_what_is_still_ours_and_names_the_rest,
);

// Firefox tells nobody how large its heap is.
in_chromium!(ten_thousand_mounts_leave_nothing_behind);

async fn a_second_copy_with_the_same_key_hands_its_calls_to_the_first(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    let other = format!(
        "(async () => {{ window.other = await import('/weft/index.js'); other.{}; other.event('from the other'); }})()",
        scene.init("").trim_start_matches("weft.")
    );
    tab.evaluate::<()>(&other).await;
    tab.click("#press").await;
    flush(&tab).await;
    assert!(tab.evaluate::<bool>("other.stats().recorded === weft.stats().recorded").await);
    let spans = scene.end().await;
    assert_eq!((named(&spans, CLICK), named(&spans, "from the other")), (1, 1));
}

async fn another_key_has_a_scope_of_its_own_in_which_nothing_is_captured_by_itself(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    let init = scene.init("").replace(BROWSER_KEY, "pk_unknown").replace("weft.", "other.");
    tab.evaluate::<()>(&format!("(async () => {{ window.other = await import('/weft/index.js'); {init}; other.event('elsewhere'); }})()")).await;
    tab.click("#press").await;
    flush(&tab).await;
    // The collector does not know that key; what is recorded for it stays out of the other's ledger.
    tab.evaluate::<bool>("other.flush(1000)").await;
    let recorded: (i64, i64) = tab.evaluate("[weft.stats().acknowledged, other.stats().acknowledged]").await;
    assert!(recorded.0 > 0 && recorded.1 == 0, "{recorded:?}");
    assert_eq!(tab.evaluate::<i64>("other.stats().recorded").await, 2, "its page load, and what it was told");
    let spans = scene.end().await;
    assert_eq!((named(&spans, CLICK), named(&spans, "elsewhere")), (1, 0));
}

async fn another_major_version_refuses_with_one_hint(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("debug: true,");
    tab.evaluate::<()>(&format!("(async () => {{ window[Symbol.for('weft.browser')] = {{ major: 99 }}; {IMPORT}; window.before = window.fetch; {init}; weft.event('lost'); }})()")).await;
    assert!(tab.evaluate::<bool>("window.fetch === before && weft.stats().recorded === 0").await);
    let said = tab.log().await.console;
    assert_eq!(said.iter().filter(|line| line.contains("version 99.x")).count(), 1, "{said:?}");
    scene.end().await;
}

async fn shutdown_gives_back_what_is_still_ours_and_names_the_rest(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("");
    let kept: (Vec<String>, Vec<String>) = tab
        .evaluate(&format!(
            "(async () => {{
                const globals = ['fetch', 'setTimeout', 'setInterval', 'requestAnimationFrame', 'queueMicrotask', 'MessageChannel', 'WebSocket', 'EventSource'];
                const before = globals.map((name) => window[name]);
                const {{ open, send }} = XMLHttpRequest.prototype;
                {IMPORT_FULL};
                {init};
                const ours = window.setTimeout;
                const theirs = (work, ms, ...more) => ours.call(window, work, ms, ...more);
                window.setTimeout = theirs;
                weft.shutdown();
                const changed = globals.filter((name, at) => window[name] !== before[at]);
                if (XMLHttpRequest.prototype.open !== open || XMLHttpRequest.prototype.send !== send) changed.push('xhr');
                // What they put in its place still works.
                await new Promise((called) => {{
                    setTimeout(called, 1);
                }});
                return [changed, weft.stats().stillPatched];
            }})()"
        ))
        .await;
    assert_eq!(kept, (vec!["setTimeout".to_owned()], vec!["setTimeout".to_owned()]));
    scene.end().await;
}

async fn ten_thousand_mounts_leave_nothing_behind(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    let mount = "(async () => {
        for (let round = 0; round < 100; round++) {
            for (let at = 0; at < 100; at++) {
                const node = document.createElement('div');
                node.innerHTML = '<button data-weft=\"row\">Row</button>';
                const handler = () => {};
                node.addEventListener('click', handler);
                document.body.append(node);
                setTimeout(() => node.isConnected, 0);
                queueMicrotask(() => node.isConnected);
                node.remove();
            }
            await new Promise(requestAnimationFrame);
        }
    })()";
    tab.evaluate::<()>(mount).await;
    let before = tab.heap().await;
    for _ in 0..3 {
        tab.evaluate::<()>(mount).await;
    }
    flush(&tab).await;
    let after = tab.heap().await;
    assert!(after.nodes <= before.nodes + 50.0, "{before:?} {after:?}");
    assert!(after.bytes < before.bytes + 1e6, "{before:?} {after:?}");
    scene.end().await;
}
