//! What is known goes on, what is new beyond a bound does not, and tomorrow is another day.

use weft_proto::{Attribute, Event, Link, LinkKinds, Target};

use super::*;

const BOUNDS: Distinct = Distinct { values: 3, attributes: 3, free: Vec::new() };

fn batch<'a>(events: impl IntoIterator<Item = (&'a str, &'a [(&'a str, &'a str)])>) -> Batch {
    let mut batch = Batch::default();
    for (number, (name, attributes)) in events.into_iter().enumerate() {
        let start = batch.attributes.len() as u32;
        for (key, value) in attributes {
            let [key, value] = [key, value].map(|text| batch.strings.intern(text));
            batch.attributes.push(Attribute { key, value: Value::Text(value) });
        }
        let (name, attributes) = (batch.strings.intern(name), start..batch.attributes.len() as u32);
        batch.events.push(Event { number: number as u64, name, attributes, ..Event::default() });
    }
    batch
}

struct World(DistinctValues);

impl World {
    fn new() -> Self {
        Self(DistinctValues::new())
    }

    /// What is too many in it, by name.
    fn look(&self, key: &str, day: u64, batch: &Batch) -> (Vec<String>, Vec<String>) {
        let Overflow { attributes, values } = self.0.look(&BOUNDS, &key.into(), day * DAY_MS, batch);
        let text = |id: &u32| batch.strings.get(StrId(*id)).to_owned();
        let pair = |pair: &[u32]| {
            format!(
                "{}={}",
                match pair[0] {
                    EVENT_NAME => "name".to_owned(),
                    LINK_NAME => "link".to_owned(),
                    _ => text(&pair[0]),
                },
                text(&pair[1])
            )
        };
        (attributes.iter().map(text).collect(), values.chunks(2).map(pair).collect())
    }
}

fn values(texts: &[&str]) -> Batch {
    let pairs: Vec<_> = texts.iter().map(|text| [("plan", *text)]).collect();
    batch(pairs.iter().map(|pairs| ("buy", &pairs[..])))
}

#[test]
fn what_is_new_beyond_the_bound_is_marked_and_what_is_known_goes_on() {
    let world = World::new();
    assert_eq!(world.look("shop", 1, &values(&["a", "b"])).1, [""; 0]);
    assert_eq!(world.look("shop", 1, &values(&["c", "d", "a"])).1, ["plan=d"]);
    assert_eq!(world.look("shop", 1, &values(&["a", "b", "c", "e"])).1, ["plan=e"]);
    assert_eq!(world.look("other", 1, &values(&["e"])).1, [""; 0], "each key has its own");
    assert_eq!(world.look("shop", 2, &values(&["e", "d"])).1, [""; 0], "tomorrow is another day");
}

#[test]
fn who_comes_first_after_midnight_takes_nobodys_place() {
    let world = World::new();
    assert_eq!(world.look("shop", 1, &values(&["a", "b", "c"])).1, [""; 0]);
    let made_up = [("x", "1"), ("y", "1"), ("z", "1")];
    assert_eq!(
        world.look("shop", 2, &batch([("n1", &made_up[..]), ("n2", &[]), ("n3", &[]), ("buy", &[])])),
        (vec![], vec![])
    );
    assert_eq!(
        world.look("shop", 2, &values(&["a", "b", "c"])),
        (vec![], vec![]),
        "all of it was known yesterday"
    );
    assert_eq!(
        world.look("shop", 1, &values(&["a", "q"])).1,
        ["plan=q"],
        "a request of before midnight changes nothing"
    );
    assert_eq!(world.look("shop", 4, &values(&["q"])).1, [""; 0]);
}

#[test]
fn claims_of_the_page_are_counted_too() {
    let world = World::new();
    let claim = |value: &str| {
        let mut batch = values(&[]);
        let [key, value] = ["service.version", value].map(|text| batch.strings.intern(text));
        batch.resource = vec![Attribute { key, value: Value::Text(value) }];
        batch
    };
    for known in ["1", "2", "3"] {
        assert_eq!(world.look("shop", 1, &claim(known)).1, [""; 0]);
    }
    assert_eq!(world.look("shop", 1, &claim("4")).1, ["service.version=4"]);
}

#[test]
fn names_of_events_are_counted_and_what_differs_by_its_nature_is_not() {
    let world = World::new();
    let names: Vec<_> = (0..5).map(|at| format!("name {at}")).collect();
    let ids: Vec<_> = names.iter().map(|id| [("cart.id", id.as_str()), ("url.path", id.as_str())]).collect();
    let all = batch(names.iter().zip(&ids).map(|(name, ids)| (name.as_str(), &ids[..])));
    assert_eq!(
        world.look("shop", 1, &all),
        (vec![], vec!["name=name 3".to_owned(), "name=name 4".to_owned()])
    );
}

#[test]
fn attributes_beyond_the_bound_are_left_out() {
    let world = World::new();
    let many = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")];
    // Names of events are none.
    assert_eq!(world.look("shop", 1, &batch([("x", &many[..])])).0, ["d"]);
    assert_eq!(world.look("shop", 1, &batch([("x", &many[1..3])])).0, [""; 0]);
}

#[test]
fn free_is_what_the_operator_says_too() {
    let bounds = Distinct { free: vec!["plan".into(), "my.*".into()], ..BOUNDS };
    assert!(bounds.is_free("plan") && bounds.is_free("my.plan") && !bounds.is_free("plans"));
    assert!(
        BOUNDS.is_free("session_id") && BOUNDS.is_free("exception.message") && !BOUNDS.is_free("http.route")
    );
}

#[test]
fn names_of_links_and_browsers_that_nobody_has_heard_of_are_bounded_too() {
    let world = World::new();
    let mut said = batch([("buy", &[][..])]);
    for name in ["a", "b", "c", "d"] {
        let rule = Some(said.strings.intern(name));
        said.links.push(Link { target: Target::Own(1), kinds: LinkKinds::NAMED, rule });
    }
    assert_eq!(world.look("shop", 1, &said).1, ["link=d"]);
    let may_tell = |agent| world.0.may_tell(&BOUNDS, &"shop".into(), DAY_MS, agent);
    assert!(["x", "y", "z", "x"].map(may_tell).into_iter().all(|may| may));
    assert_eq!(["w", "y"].map(may_tell), [false, true], "what is known goes on");
    assert_eq!(
        world.look("shop", 1, &batch([("buy", &[("a", "1"), ("b", "1"), ("c", "1")][..])])).0,
        [""; 0]
    );
}
