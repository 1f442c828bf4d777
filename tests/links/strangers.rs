//! What another application sends changes nothing here, whatever attributes it has.

use support::{
    collector::Addresses,
    page::{ORIGIN, post_acknowledged, post_as},
    story::{Id, Story, Tab, at},
};

use super::scene::{Arrived, CART, FOREVER, Scene, browser_key, linker};

/// What happens in the shop: always the same.
fn shopping(story: &Story) -> (Tab, [Id; 3]) {
    let mut tab = story.tab();
    let ids = [10, 20, 30].map(|ms| tab.record(at(ms).with("cart.id", "c1")));
    (tab, ids)
}

/// The same attributes at moments in between.
fn strange(story: &Story) -> (Tab, [Id; 4]) {
    let mut tab = story.tab();
    let ids = [5, 15, 25, 35].map(|ms| tab.record(at(ms).with("cart.id", "c1")));
    (tab, ids)
}

async fn post_as_stranger(to: Addresses, tab: &mut Tab) {
    assert_eq!(post_as(to, "stranger", ORIGIN, tab.unsent()).await.status, 200);
}

#[tokio::test]
async fn a_stranger_with_the_same_attributes_neither_gets_nor_changes_a_link() {
    let settings = browser_key("stranger", "other") + &linker(FOREVER, CART);
    let (alone, visited) = (Scene::set(&settings).await, Scene::set(&settings).await);
    let story = Story::begin();
    let (mut tab, ids) = shopping(&story);
    let request = tab.unsent();
    post_acknowledged(alone.to(), request.clone()).await;
    let alone = alone.end().await;

    let (mut stranger, strange) = strange(&story);
    post_as_stranger(visited.to(), &mut stranger).await;
    post_acknowledged(visited.to(), request).await;
    visited.until_only_waiting(7).await;
    let visited = visited.end().await;
    let bytes = |arrived: &Arrived| ids.each_ref().map(|id| arrived.span(id).bytes.clone());
    assert_eq!(bytes(&visited), bytes(&alone));
    assert_eq!(visited.inferred(&ids[2]), [ids[1].by("cart").and("previous")]);
    for (stranger, link) in
        strange.iter().flat_map(|id| visited.links(id).into_iter().map(move |link| (id, link)))
    {
        assert!(strange.iter().any(|own| own.span_id == link.span_id), "{stranger:?} has {link:?}");
    }
}

#[tokio::test]
async fn who_has_the_public_key_but_not_the_id_of_a_session_changes_no_link_of_it() {
    const BY_SESSION: &str = "[[link]]\nname = \"visit\"\nby = [\"session.id\"]\n";
    let settings = linker(FOREVER, BY_SESSION);
    let (alone, visited) = (Scene::set(&settings).await, Scene::set(&settings).await);
    let story = Story::begin();
    let (mut tab, ids) = shopping(&story);
    let request = tab.unsent();
    let roots = [5, 25].map(|ms| story.served(ms).in_session("monday"));
    for scene in [&alone, &visited] {
        post_acknowledged(scene.to(), request.clone()).await;
        scene.send_spans(roots.each_ref()).await;
    }
    // Same key, same application, whatever else is the same: a session's id is drawn by chance, and is said to nobody.
    let (mut stranger, _) = shopping(&story);
    post_acknowledged(visited.to(), stranger.unsent()).await;
    let (alone, visited) = (alone.end().await, visited.end().await);
    assert_eq!(visited.inferred(&ids[2]), [ids[1].by("visit").and("previous")]);
    let all = [ids.to_vec(), roots.iter().map(|root| root.id()).collect()].concat();
    for id in &all {
        assert_eq!(visited.span(id).bytes, alone.span(id).bytes);
    }
}
