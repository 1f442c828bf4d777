//! A collector that is killed at any moment, under load, again and again. What it acknowledged is at both
//! destinations, and what came twice was on its way when it died.

use std::fs;

use support::{
    collector::{Addresses, CollectorProcess, Setting},
    oracle::{At, Oracle},
    sink::{Answer, Sink},
};
use tempfile::TempDir;

/// Two destinations, the second of which is not always there.
struct Scene {
    main: Sink,
    other: Sink,
    setting: Setting,
    oracle: Oracle,
    logs: TempDir,
}

impl Scene {
    async fn set(seed: u64) -> Self {
        let (main, other) = (Sink::start().await, Sink::start().await);
        let logs = tempfile::tempdir().expect("a temporary directory");
        let setting = Setting {
            log: Some(logs.path().join("weft.err")),
            listen: Some(Addresses::lasting().await),
            more: format!("[export.other]\nendpoint = \"{}\"\n", other.endpoint()),
            ..Setting::before(&main)
        };
        Self { main, other, setting, oracle: Oracle::new(seed), logs }
    }

    fn destinations(&self) -> [At<'_>; 2] {
        [At { name: "main", sink: &self.main }, At { name: "other", sink: &self.other }]
    }

    /// The second destination goes or comes, by chance.
    async fn other_moves(&mut self, is_up: &mut bool) {
        if !self.oracle.random().once_in(3) {
            return;
        }
        if *is_up {
            self.other.go_down().await;
            self.oracle.was_broken_off(At { name: "other", sink: &self.other }).await;
        } else {
            self.other.come_up().await;
        }
        *is_up = !*is_up;
    }

    /// The end of every test: the verdict, and nothing panicked in between.
    async fn end(mut self, collector: CollectorProcess) {
        let destinations = [At { name: "main", sink: &self.main }, At { name: "other", sink: &self.other }];
        self.oracle.judge(collector.addresses(), &destinations).await;
        drop(collector.kill().await);
        let said = fs::read_to_string(self.logs.path().join("weft.err")).expect("it has said something");
        assert!(!said.contains("panicked"), "{said}");
    }

    /// A moment of chance in the midst of things.
    async fn some_moment(&mut self) {
        let acknowledged = self.oracle.random().below(30);
        self.oracle.wait_for_acknowledgements(acknowledged).await;
        for _ in 0..self.oracle.random().below(300) {
            tokio::task::yield_now().await;
        }
    }
}

async fn kill_again_and_again(seed: u64, kills: usize) {
    let mut scene = Scene::set(seed).await;
    let mut collector = CollectorProcess::start(&scene.setting).await;
    let load = scene.oracle.load(collector.addresses(), 4, 1);
    let mut is_up = true;
    for _ in 0..kills {
        scene.other_moves(&mut is_up).await;
        scene.some_moment().await;
        let data = collector.kill().await;
        scene.oracle.was_killed(&scene.destinations()).await;
        collector = CollectorProcess::start_with_data(&scene.setting, data).await;
    }
    load.stop().await;
    if !is_up {
        scene.other.come_up().await;
    }
    println!("{kills} kills, {} acknowledged", scene.oracle.acknowledged());
    scene.end(collector).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_ten_times_under_load_it_loses_nothing_that_it_acknowledged() {
    kill_again_and_again(1, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(feature = "slow"), ignore = "takes minutes: cargo xtask test --slow")]
async fn killed_two_hundred_times_under_load_it_loses_nothing_that_it_acknowledged() {
    kill_again_and_again(2, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_and_started_under_load_it_sends_nothing_twice() {
    let mut scene = Scene::set(4).await;
    let mut collector = CollectorProcess::start(&scene.setting).await;
    let load = scene.oracle.load(collector.addresses(), 4, 1);
    for _ in 0..3 {
        scene.some_moment().await;
        let (ended, data) = collector.stop().await;
        assert!(ended.success, "it drains in time");
        scene.oracle.was_stopped();
        collector = CollectorProcess::start_with_data(&scene.setting, data).await;
    }
    load.stop().await;
    scene.end(collector).await;
}

#[tokio::test]
async fn killed_between_sending_and_the_answer_it_sends_just_that_again() {
    let mut scene = Scene::set(3).await;
    scene.setting.more.clear();
    let collector = CollectorProcess::start(&scene.setting).await;
    scene.oracle.send_of_page(collector.addresses(), 3).await;
    scene.oracle.judge(collector.addresses(), &[At { name: "main", sink: &scene.main }]).await;
    let (before, requests) = (scene.main.taken().len(), scene.main.requests());
    scene.main.refuse_next(Answer::TakeAndHang);
    scene.oracle.send_of_page(collector.addresses(), 1).await;
    scene.main.wait_for_requests(requests + 1).await;
    let data = collector.kill().await;
    let on_its_way: usize = scene.main.taken()[before..].iter().sum();

    let collector = CollectorProcess::start_with_data(&scene.setting, data).await;
    scene.oracle.judge(collector.addresses(), &[At { name: "main", sink: &scene.main }]).await;
    assert_eq!(scene.main.duplicates(), on_its_way);
    scene.other.assert_nothing_odd();
    drop(collector.kill().await);
}
