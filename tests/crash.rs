//! A collector that is killed at any moment, under load, again and again. What it acknowledged is at both
//! destinations, and what came twice was on its way when it died.

mod scene;

pub(crate) use scene::Scene;
use support::{
    collector::CollectorProcess,
    oracle::{At, Oracle},
    sink::Answer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_ten_times_under_load_it_loses_nothing_that_it_acknowledged() {
    Scene::set(Oracle::new(1)).await.killed(10, |_, _| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(feature = "slow"), ignore = "takes minutes: cargo xtask test --slow")]
async fn killed_two_hundred_times_under_load_it_loses_nothing_that_it_acknowledged() {
    Scene::set(Oracle::new(2)).await.killed(200, |_, _| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_and_started_under_load_it_sends_nothing_twice() {
    Scene::set(Oracle::new(4)).await.stopped(3, |_, _| {}).await;
}

#[tokio::test]
async fn killed_between_sending_and_the_answer_it_sends_just_that_again() {
    let mut scene = Scene::set(Oracle::new(3)).await;
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
