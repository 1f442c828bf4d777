//! A collector under load that is ended again and again, by force or as an operator does it.

use std::fs;

use support::{
    collector::{Addresses, CollectorProcess, Setting},
    oracle::{At, Oracle},
    received::Received,
    sink::Sink,
};
use tempfile::TempDir;

/// Two destinations, the second of which is not always there.
pub(crate) struct Scene {
    pub(crate) main: Sink,
    pub(crate) other: Sink,
    pub(crate) setting: Setting,
    pub(crate) oracle: Oracle,
    logs: TempDir,
}

impl Scene {
    pub(crate) async fn set(oracle: Oracle) -> Self {
        let (main, other) = (Sink::start().await, Sink::start().await);
        let logs = tempfile::tempdir().expect("a temporary directory");
        let setting = Setting {
            log: Some(logs.path().join("weft.err")),
            listen: Some(Addresses::lasting().await),
            ..Setting::before(&main)
        };
        let mut scene = Self { main, other, setting, oracle, logs };
        scene.write("");
        scene
    }

    /// What else stands in the settings from the next start on: whole tables.
    pub(crate) fn write(&mut self, tables: &str) {
        self.setting.more = format!("[export.other]\nendpoint = \"{}\"\n{tables}", self.other.endpoint());
    }

    /// So many kills; before each start somebody may change the settings, and is told how many kills are to come.
    /// What is at the first destination in the end.
    pub(crate) async fn killed(mut self, kills: usize, change: impl Fn(&mut Self, usize)) -> Vec<Received> {
        let mut collector = CollectorProcess::start(&self.setting).await;
        let load = self.oracle.load(collector.addresses(), 4, 1);
        let mut is_up = true;
        for to_come in (0..kills).rev() {
            self.other_moves(&mut is_up).await;
            self.some_moment().await;
            let data = collector.kill().await;
            self.oracle.was_killed(&self.destinations()).await;
            change(&mut self, to_come);
            collector = CollectorProcess::start_with_data(&self.setting, data).await;
        }
        load.stop().await;
        if !is_up {
            self.other.come_up().await;
        }
        println!("{kills} kills, {} acknowledged", self.oracle.acknowledged());
        self.end(collector).await
    }

    /// As [`Scene::killed`], but stopped as an operator does it, and nothing comes twice.
    pub(crate) async fn stopped(mut self, stops: usize, change: impl Fn(&mut Self, usize)) -> Vec<Received> {
        let mut collector = CollectorProcess::start(&self.setting).await;
        let load = self.oracle.load(collector.addresses(), 4, 1);
        for to_come in (0..stops).rev() {
            self.some_moment().await;
            let (ended, data) = collector.stop().await;
            assert!(ended.success, "it drains in time");
            self.oracle.was_stopped();
            change(&mut self, to_come);
            collector = CollectorProcess::start_with_data(&self.setting, data).await;
        }
        load.stop().await;
        self.end(collector).await
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

    /// A moment of chance in the midst of things.
    async fn some_moment(&mut self) {
        let acknowledged = self.oracle.random().below(30);
        self.oracle.wait_for_acknowledgements(acknowledged).await;
        for _ in 0..self.oracle.random().below(300) {
            tokio::task::yield_now().await;
        }
    }

    /// The end of every test: the verdict, and nothing panicked in between.
    async fn end(mut self, collector: CollectorProcess) -> Vec<Received> {
        let destinations = [At { name: "main", sink: &self.main }, At { name: "other", sink: &self.other }];
        self.oracle.judge(collector.addresses(), &destinations).await;
        drop(collector.kill().await);
        let said = fs::read_to_string(self.logs.path().join("weft.err")).expect("it has said something");
        assert!(!said.contains("panicked"), "{said}");
        self.main.spans()
    }
}
