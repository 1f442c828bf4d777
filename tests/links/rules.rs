//! What a rule may say, and what each of its words means.

use support::{
    received::Linked,
    story::{Id, at},
};

use super::scene::{FOREVER, Scene, browser_key, linker};

/// A rule of this name and these lines.
fn rule(name: &str, lines: &str) -> String {
    format!("[[link]]\nname = \"{name}\"\n{lines}\n")
}

/// Links to these that this rule made, by their targets.
fn by<const N: usize>(rule: &str, targets: [&Id; N]) -> Vec<Linked> {
    let mut links = targets.map(|target| target.by(rule));
    links.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    links.to_vec()
}

const MINUTE: u64 = 60_000;

#[tokio::test]
async fn a_rule_leads_to_the_previous_or_the_first_or_all() {
    let by_cart = "by = [\"cart.id\"]\nto = ";
    for to in ["previous", "first", "all"] {
        let scene = Scene::set(&linker(FOREVER, &rule("cart", &format!("{by_cart}\"{to}\"")))).await;
        let carts = [10, 20, 30, 40].map(|ms| {
            let mut tab = scene.story.tab();
            (tab.record(at(ms).with("cart.id", "c1")), tab)
        });
        let [first, second, third, fourth] = carts.each_ref().map(|(id, _)| id.clone());
        for (_, mut tab) in carts.into_iter().rev() {
            scene.send(&mut tab).await;
        }
        let arrived = scene.end().await;
        assert_eq!(arrived.inferred(&first), [], "{to}");
        assert_eq!(arrived.inferred(&second), by("cart", [&first]), "{to}");
        let of_fourth = match to {
            "previous" => by("cart", [&third]),
            "first" => by("cart", [&first]),
            _ => by("cart", [&first, &second, &third]),
        };
        assert_eq!(arrived.inferred(&fourth), of_fourth, "{to}");
    }
}

#[tokio::test]
async fn nothing_is_linked_that_lies_further_back_than_a_rule_reaches() {
    let within =
        |reach: &str| rule("cart", &format!("by = [\"cart.id\"]\nto = \"all\"\nwithin = \"{reach}\""));
    for reach in ["7200s", "120m", "2h"] {
        let scene = Scene::set(&linker(FOREVER, &within(reach))).await;
        let mut tab = scene.story.tab();
        let [began, soon, later] =
            [0, 119, 238].map(|minutes| tab.record(at(minutes * MINUTE).with("cart.id", "c1")));
        scene.send(&mut tab).await;
        let arrived = scene.end().await;
        assert_eq!(arrived.inferred(&soon), [began.by("cart").and("previous")], "{reach}");
        assert_eq!(arrived.inferred(&later), [soon.by("cart").and("previous")], "{reach}");
    }
}

#[tokio::test]
async fn each_attribute_of_a_rule_must_be_there_and_be_the_same() {
    let both = rule("shelf", "by = [\"shop.aisle\", \"shop.shelf\"]\nto = \"previous\"");
    let scene = Scene::set(&linker(FOREVER, &both)).await;
    let (mut tab, mut next) = (scene.story.tab(), scene.story.tab());
    let shelf = tab.record(at(10).with("shop.aisle", "a").with_number("shop.shelf", 1));
    let half = tab.record(at(11).with("shop.aisle", "a"));
    let elsewhere = tab.record(at(12).with("shop.aisle", "b").with_number("shop.shelf", 1));
    let exchanged = tab.record(at(13).with("shop.aisle", "1").with("shop.shelf", "a"));
    // Values compare as text.
    let again = next.record(at(20).with("shop.shelf", "1").with("shop.aisle", "a"));
    scene.send(&mut tab).await;
    scene.send(&mut next).await;
    scene.arrival_of([&half]).await;
    scene.until_only_waiting(4).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&again), [shelf.by("shelf")]);
    for alone in [&shelf, &half, &elsewhere, &exchanged] {
        assert_eq!(arrived.inferred(alone), []);
    }
}

#[tokio::test]
async fn two_rules_that_lead_to_one_event_make_one_link_of_both_kinds() {
    let of = |name: &str| rule(name, &format!("by = [\"{name}.id\"]\nto = \"previous\""));
    let scene = Scene::set(&linker(FOREVER, &(of("cart") + &of("order")))).await;
    let (mut tab, mut next) = (scene.story.tab(), scene.story.tab());
    let ordered = tab.record(at(10).with("cart.id", "c1").with("order.id", "o1"));
    let added = tab.record(at(20).with("cart.id", "c2"));
    let both = next.record(at(30).with("order.id", "o1").with("cart.id", "c1"));
    let each = next.record(at(40).with("order.id", "o1").with("cart.id", "c2"));
    scene.send(&mut tab).await;
    scene.send(&mut next).await;
    let arrived = scene.end().await;
    let [link] = &*arrived.inferred(&both) else { panic!("one link: {:?}", arrived.inferred(&both)) };
    assert_eq!(
        (&link.span_id, &*link.kinds),
        (&ordered.span_id, &["cart".to_owned(), "order".to_owned()][..])
    );
    assert!(link.rule.is_some(), "{link:?}");
    let mut expected = [added.by("cart"), both.by("order").and("previous")];
    expected.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    assert_eq!(arrived.inferred(&each), expected);
}

#[tokio::test]
async fn a_rule_leads_past_what_is_in_the_same_trace() {
    let cart = rule("cart", "by = [\"cart.id\"]\nto = \"previous\"");
    let scene = Scene::set(&linker(FOREVER, &cart)).await;
    let (mut tab, mut next) = (scene.story.tab(), scene.story.tab());
    let added = tab.record(at(10).with("cart.id", "c1"));
    let paying = next.record(at(20).with("cart.id", "c1"));
    let request = next.record(at(21).with("cart.id", "c1").inside(0));
    let paid = tab.record(at(30).with("cart.id", "c1"));
    scene.send(&mut next).await;
    scene.send(&mut tab).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&paying), [added.by("cart")]);
    assert_eq!(arrived.inferred(&request), [added.by("cart")]);
    assert_eq!(arrived.inferred(&paid), [request.by("cart")]);
}

#[tokio::test]
async fn two_keys_of_one_application_are_linked_with_each_other() {
    let cart = rule("cart", "by = [\"cart.id\"]\nto = \"previous\"");
    let scene = Scene::set(&(browser_key("kiosk", "shop") + &linker(FOREVER, &cart))).await;
    let (mut kiosk, mut tab) = (scene.story.tab(), scene.story.tab());
    let added = kiosk.record(at(10).with("cart.id", "c1"));
    let paid = tab.record(at(20).with("cart.id", "c1"));
    scene.send(&mut tab).await;
    scene.send_as("kiosk", &mut kiosk).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&paid), [added.by("cart")]);
}

#[tokio::test]
async fn spans_of_servers_take_part_in_a_rule_that_says_so_and_in_no_other() {
    for on_server in [true, false] {
        let lines = format!("by = [\"cart.id\"]\nto = \"previous\"\non_server = {on_server}");
        let scene = Scene::set(&linker(FOREVER, &rule("cart", &lines))).await;
        let mut tab = scene.story.tab();
        let added = tab.record(at(10).with("cart.id", "7"));
        let request = scene.story.served(20).with_number("cart.id", 7);
        let query = scene.story.served(21).inside(&request).with("cart.id", "7");
        let paid = tab.record(at(30).with("cart.id", "7"));
        scene.send_spans([&query, &request]).await;
        scene.send(&mut tab).await;
        scene.until_only_waiting(if on_server { 4 } else { 2 }).await;
        let arrived = scene.end().await;
        if on_server {
            assert_eq!(arrived.inferred(&request.id()), [added.by("cart")]);
            assert_eq!(arrived.inferred(&query.id()), [added.by("cart")]);
            assert_eq!(arrived.inferred(&paid), [query.id().by("cart")]);
        } else {
            assert_eq!(arrived.inferred(&request.id()), []);
            assert_eq!(arrived.inferred(&query.id()), []);
            assert_eq!(arrived.inferred(&paid), [added.by("cart").and("previous")]);
        }
    }
}

#[tokio::test]
async fn a_condition_on_both_ends_leaves_out_what_does_not_meet_it() {
    let only = "by = [\"cart.id\"]\nwhere = 'http.route starts_with \"/cart\" or step > 2'";
    let scene = Scene::set(&linker(FOREVER, &rule("cart", only))).await;
    let (mut tab, mut next) = (scene.story.tab(), scene.story.tab());
    let added = tab.record(at(10).with("cart.id", "c1").with("http.route", "/cart/items"));
    let looked = tab.record(at(20).with("cart.id", "c1").with("http.route", "/help"));
    let paid = next.record(at(30).with("cart.id", "c1").with_number("step", 3));
    scene.send(&mut tab).await;
    scene.send(&mut next).await;
    scene.arrival_of([&looked]).await;
    scene.until_only_waiting(2).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&paid), by("cart", [&added]));
    assert_eq!(arrived.inferred(&looked), []);
}

#[tokio::test]
async fn a_condition_on_one_end_says_who_gets_links_or_where_they_lead() {
    const TO_ADDED: &str = "where_from = 'name = \"browser.user_action.click\" and step = \"paid\"'
        where_to = 'step != \"paid\"'";
    for late in [false, true] {
        let lines = format!("by = [\"cart.id\"]\n{TO_ADDED}");
        let scene = Scene::set(&linker(if late { 1 } else { FOREVER }, &rule("cart", &lines))).await;
        let (mut one, mut other) = (scene.story.tab(), scene.story.tab());
        let step = |ms, step| at(ms).with("cart.id", "c1").with("step", step);
        let added = one.record(step(10, "added"));
        let paid = one.record(step(20, "paid"));
        let again = one.record(step(40, "paid"));
        let changed = other.record(step(15, "changed"));
        let tabs: [&mut support::story::Tab; 2] =
            if late { [&mut one, &mut other] } else { [&mut other, &mut one] };
        for tab in tabs {
            scene.send(tab).await;
            if late {
                scene.until_only_waiting(0).await;
            }
        }
        let arrived = scene.end().await;
        assert_eq!(arrived.inferred(&added), []);
        if late {
            assert_eq!(arrived.inferred(&paid), [added.by("cart").and("previous")]);
            // Both would lead to it: none that may be led to stands between.
            let mut expected = [paid.by("cart").late(), again.by("cart").late()];
            expected.sort_by(|one, other| one.span_id.cmp(&other.span_id));
            assert_eq!(arrived.inferred(&changed), expected);
        } else {
            assert_eq!(arrived.inferred(&changed), []);
            assert_eq!(arrived.inferred(&paid), by("cart", [&changed]));
            assert_eq!(arrived.inferred(&again), by("cart", [&changed]));
        }
    }
}
