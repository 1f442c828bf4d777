//! Long spans in any order of words, ends, copies and restarts: whatever comes when, at most one closure, exactly one
//! true end, and a link from the end to the closure if, and only if, it came after it.

mod leaves;
mod world;

use std::time::Duration;

use proptest::prelude::*;
use weft_proto::OpenState;

use self::world::World;
use crate::clock::DAY_MS;

const MINUTE_MS: u64 = 60_000;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Event 0 to 3 is still open.
    Word(u64, OpenState),
    /// It has ended.
    End(u64),
    /// It has ended, and the linker has not heard of it when it looks next.
    UnheardEnd(u64),
    /// The page records something else.
    Other,
    /// A batch comes again.
    Again(prop::sample::Index),
    Pass(u64),
    Look,
    Commit,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![
        Just(OpenState::Visible),
        Just(OpenState::Idle),
        Just(OpenState::Hidden),
        Just(OpenState::Frozen),
        Just(OpenState::Gone),
    ];
    let passes =
        prop_oneof![Just(1_000), Just(11_000), Just(20 * MINUTE_MS), Just(31 * MINUTE_MS), Just(8 * DAY_MS)];
    prop_oneof![
        4 => (0..4u64, state).prop_map(|(number, state)| Step::Word(number, state)),
        2 => (0..4u64).prop_map(Step::End),
        1 => (0..4u64).prop_map(Step::UnheardEnd),
        1 => Just(Step::Other),
        2 => any::<prop::sample::Index>().prop_map(Step::Again),
        3 => passes.prop_map(Step::Pass),
        3 => Just(Step::Look),
        1 => Just(Step::Commit),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn in_any_order_there_is_one_end_and_at_most_one_closure_and_the_later_end_says_what_it_resumes(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let mut world = World::open();
        for step in steps {
            match step {
                Step::Word(number, state) => world.word(number, state),
                Step::End(number) => world.end(number),
                Step::UnheardEnd(number) => world.unheard_end(number),
                Step::Other => world.other(),
                Step::Again(which) => world.again(which),
                Step::Pass(ms) => world.pass(ms),
                Step::Look => world.look(),
                Step::Commit => world.commit(),
                Step::Restart => world.restart(),
            }
        }
        world.check();
        // Whatever was said to be open and has not ended is given up in the end.
        world.pass(9 * DAY_MS);
        world.look();
        world.check_all_is_decided();
    }
}

#[test]
fn a_visible_page_is_given_up_after_half_an_hour_and_a_hidden_one_is_waited_for_a_week() {
    let mut world = World::open();
    world.word(0, OpenState::Visible);
    world.word(1, OpenState::Hidden);
    world.pass(29 * MINUTE_MS);
    world.look();
    assert!(world.closed().is_empty());
    world.pass(2 * MINUTE_MS);
    world.look();
    assert_eq!(world.closed(), [0]);
    world.pass(6 * DAY_MS);
    world.look();
    assert_eq!(world.closed(), [0]);
    world.pass(DAY_MS);
    world.look();
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn whatever_a_page_sends_shows_that_it_is_alive() {
    let mut world = World::open();
    world.word(0, OpenState::Visible);
    for _ in 0..5 {
        world.pass(29 * MINUTE_MS);
        world.other();
        world.look();
    }
    assert!(world.closed().is_empty());
    world.restart();
    world.pass(29 * MINUTE_MS);
    world.look();
    assert!(world.closed().is_empty(), "and that is known after a restart");
    world.pass(2 * MINUTE_MS);
    world.look();
    assert_eq!(world.closed(), [0]);
}

#[test]
fn a_page_that_is_known_to_be_dead_is_given_up_at_once_unless_its_end_comes_with_the_news() {
    let mut world = World::open();
    world.word(0, OpenState::Hidden);
    world.word(0, OpenState::Gone);
    world.word(1, OpenState::Gone);
    world.pass(5_000);
    world.look();
    assert!(world.closed().is_empty(), "another batch of what it left behind may be on its way");
    world.end(1);
    world.pass(6_000);
    world.look();
    assert_eq!(world.closed(), [0]);
    world.check();
}

#[test]
fn a_page_that_speaks_after_it_was_said_to_be_dead_is_alive_after_a_restart_too() {
    let mut world = World::open();
    world.word(0, OpenState::Visible);
    world.pass(1_000);
    world.word(0, OpenState::Gone);
    world.pass(1_000);
    world.word(0, OpenState::Hidden);
    world.commit();
    world.restart();
    world.pass(60_000);
    world.look();
    assert!(world.closed().is_empty());
}

#[test]
fn a_closure_has_an_id_of_its_own_and_what_the_page_said_last() {
    let mut world = World::open();
    world.word(0, OpenState::Visible);
    world.word(0, OpenState::Visible);
    world.pass(31 * MINUTE_MS);
    world.look();
    let closure = world.closure(0);
    let ids = weft_proto::Ids::new(world::SEED);
    assert_eq!(closure.span_id, ids.closure(0));
    assert_eq!(closure.trace_id, ids.trace(0));
    assert_eq!(closure.name, "upload");
    assert_eq!(closure.end_time_unix_nano - closure.start_time_unix_nano, world.lasted_ns());
    assert_eq!(closure.status, None);
    let attribute = |key: &str| leaves::attribute(&closure, key);
    assert_eq!(attribute("weft.state").as_deref(), Some("interrupted"));
    assert_eq!(attribute("weft.seq").as_deref(), Some("0"));
    assert_eq!(attribute("session.id").as_deref(), Some(&*"07".repeat(16)));
    assert_eq!(attribute("file.size").as_deref(), Some("12"));
    assert!(attribute("weft.page.id").is_some());
}

#[test]
fn what_no_page_ever_described_is_given_up_under_the_name_unknown() {
    let mut world = World::open();
    world.nameless_word(0);
    world.pass(31 * MINUTE_MS);
    world.look();
    assert_eq!(world.closure(0).name, "unknown");
}

#[test]
fn what_is_open_already_is_waited_for_as_the_settings_of_the_next_start_say() {
    let mut world = World::open();
    world.word(0, OpenState::Hidden);
    world.word(1, OpenState::Visible);
    world.commit();
    world.config.long_spans.interrupted_after = Duration::from_secs(3 * 3600);
    world.config.long_spans.abandoned_after = Duration::from_secs(3600);
    world.restart();
    world.pass(61 * MINUTE_MS);
    world.look();
    assert_eq!(world.closed(), [0]);
    world.pass(2 * 60 * MINUTE_MS);
    world.look();
    assert_eq!(world.closed(), [0, 1]);
}

#[test]
fn what_is_committed_is_found_when_it_is_due_however_often_it_was_looked_for() {
    let mut world = World::open();
    for number in 0..4 {
        world.word(number, OpenState::Visible);
        world.commit();
        world.look();
        world.pass(MINUTE_MS);
        world.look();
    }
    world.end(3);
    world.commit();
    world.look();
    world.pass(29 * MINUTE_MS);
    world.look();
    assert!(world.closed().is_empty(), "the end has shown that the page is alive");
    world.pass(2 * MINUTE_MS);
    world.look();
    assert_eq!(world.closed(), [0, 1, 2]);
    world.commit();
    world.check_all_is_decided();
}
