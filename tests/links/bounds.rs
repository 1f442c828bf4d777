//! More waits than may, or than there is room for: nothing is lost, and what leaves without its links is counted.

use std::fs;

use support::{
    collector::{Addresses, CollectorProcess, Setting},
    oracle::{At, Oracle},
    random::Random,
    received::hex,
    sink::Sink,
    small_disk::SmallDisk,
    story::at,
};

use super::scene::{A_MOMENT, CART, FOREVER, Scene, linker};

/// Text of four KiB that does not get smaller when it is compressed, but for its spelling.
fn ballast(random: &mut Random) -> String {
    hex(&random.bytes::<2048>())
}

#[tokio::test]
async fn what_does_not_fit_into_the_waiting_leaves_at_once_without_links_and_is_counted() {
    let scene = Scene::set(&linker(FOREVER, &("max_waiting_mib = 1\n".to_owned() + CART))).await;
    let (mut tab, mut random) = (scene.story.tab(), Random::new(80));
    let mut ids = Vec::new();
    for request in 0..40 {
        for event in 0..20 {
            let moment =
                at(request * 100 + event).with("cart.id", "c1").with("test.ballast", &ballast(&mut random));
            ids.push(tab.record(moment));
        }
        scene.send(&mut tab).await;
        let roots: [_; 20] = std::array::from_fn(|root| {
            let root = scene.story.served(request * 100 + root as u64).in_session("monday");
            root.with("test.ballast", &ballast(&mut random))
        });
        ids.extend(roots.iter().map(support::story::Served::id));
        scene.send_spans(roots.each_ref()).await;
    }
    // Six MiB, counted as they are written; whatever is counted, it is more than one.
    let passed = scene.until_all_but_the_waiting_came(ids.len()).await;
    assert!(passed.len() > 0, "not all of it may wait");
    assert!(passed.len() < ids.len(), "some of it may");
    assert_eq!(scene.metrics().await.sum("linker_not_looked_at"), passed.len() as u64);
    for id in ids.iter().filter(|id| passed.has(id)) {
        assert_eq!(passed.inferred(id), [], "{id:?}");
    }
    let arrived = scene.end().await;
    assert_eq!(arrived.len(), ids.len());
    assert!(ids.iter().any(|id| !arrived.inferred(id).is_empty()), "what waited is linked");
}

/// Segments that a small disk holds many of.
const SMALL_SEGMENTS: &str = "[spool]\nsegment_bytes = 262144\npages = 100\npieces = 1000\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_while_events_wait_loses_none_of_them() {
    for is_killed in [false, true] {
        let Some(disk) = SmallDisk::mount("size=8m") else { return };
        let mut sink = Sink::start().await;
        let logs = tempfile::tempdir().expect("a temporary directory");
        let setting = Setting {
            listen: Some(Addresses::lasting().await),
            data: Some(disk.path().join("weft")),
            log: Some(logs.path().join("weft.err")),
            ..Setting::before(&sink)
        };
        let setting = setting.with(SMALL_SEGMENTS.to_owned() + &linker(A_MOMENT, CART));
        let mut collector = CollectorProcess::start(&setting).await;
        let to = collector.addresses();
        let mut oracle = Oracle::with_carts(81, 5);
        sink.go_down().await;
        // Events go on waiting, and have waited, while nothing more can be written.
        let (bulk, load) = (oracle.load_in_bulk(to, 2), oracle.load(to, 2, 0));
        oracle.wait_for_refusals(20).await;
        if is_killed {
            let data = collector.kill().await;
            oracle.was_killed(&[At { name: "main", sink: &sink }]).await;
            collector = CollectorProcess::start_with_data(&setting, data).await;
        }
        sink.come_up().await;
        oracle.wait_for_acknowledgements(20).await;
        load.stop().await;
        bulk.stop().await;
        oracle.judge(to, &[At { name: "main", sink: &sink }]).await;
        assert!(is_killed || sink.duplicates() == 0);
        let (ended, _) = collector.stop().await;
        let said = fs::read_to_string(logs.path().join("weft.err")).expect("it has said something");
        assert!(ended.success && !said.contains("panicked"), "{said}");
    }
}
