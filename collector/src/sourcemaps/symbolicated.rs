//! A stack, each line of it with what a person wrote there, or why that is not known.

use std::{borrow::Borrow, collections::HashMap};

use serde_json::{Value as Json, json};

use super::{
    DebugId, Map, SourceMaps,
    map::Original,
    stack::{Frame, Place, file, frames},
};

/// Maps that are looked into for one stack. Each is read whole.
const MOST_MAPS: usize = 8;

/// `stack` with the maps of the files that `debug_ids` names, as the SDK says them: `app.js=85314830-…`.
pub(crate) fn symbolicated(stack: &str, debug_ids: &[&str], maps: &SourceMaps) -> Json {
    look_up(stack, debug_ids, |id| maps.read(id))
}

/// As [`symbolicated`], where `map` has the maps.
pub(crate) fn look_up<M: Borrow<Map>>(
    stack: &str,
    debug_ids: &[&str],
    map: impl Fn(DebugId) -> Option<M>,
) -> Json {
    let ids = by_file(debug_ids);
    let mut read = HashMap::new();
    let mut one = |frame: &Frame<'_>| {
        let Some(place) = &frame.place else { return shown(frame, Ok(None)) };
        let id = match ids.get(place.file) {
            Some(Some(id)) => id,
            Some(None) => {
                return shown(frame, Err(format!("several files of this page are called {}", place.file)));
            }
            None => return shown(frame, Err(no_id(place))),
        };
        if !read.contains_key(id) && read.len() >= MOST_MAPS {
            return shown(frame, Err(format!("more than {MOST_MAPS} files have maps in this stack")));
        }
        let Some(map) = read.entry(*id).or_insert_with(|| map(*id)) else {
            return shown(frame, Err(format!("no source map was uploaded for {} ({id})", place.file)));
        };
        let original = (*map).borrow().original(place.line, place.column);
        let nothing = || format!("the source map of {} says nothing of this place", place.file);
        shown(frame, original.ok_or_else(nothing).map(Some))
    };
    frames(stack).map(|frame| one(&frame)).collect()
}

/// Ids by names of files. `None`: several files have the name, and which one is meant nobody has said.
fn by_file<'a>(debug_ids: &[&'a str]) -> HashMap<&'a str, Option<DebugId>> {
    let mut ids: HashMap<&str, Option<DebugId>> = HashMap::new();
    for said in debug_ids {
        if let Some((name, id)) = said.rsplit_once('=')
            && let Some(id) = DebugId::read(id)
        {
            let known = ids.entry(file(name)).or_insert(Some(id));
            *known = known.filter(|known| *known == id);
        }
    }
    ids
}

fn no_id(place: &Place<'_>) -> String {
    format!("{} has no debug id: run `weft sourcemaps inject` on what was built", place.file)
}

fn shown(frame: &Frame<'_>, known: Result<Option<Original>, String>) -> Json {
    let (original, unknown) = match known {
        Ok(original) => (original, None),
        Err(why) => (None, Some(why)),
    };
    let original = original.map(|at| {
        json!({
            "source": at.source,
            "line": at.line,
            "column": at.column,
            "first_line": at.first_line,
            "lines": at.lines,
            "is_library": at.is_library,
        })
    });
    json!({ "text": frame.text, "original": original, "unknown": unknown })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &[u8] = br#"{"version":3,"sources":["src/cart.ts","node_modules/x/index.js"],"names":[],
        "mappings":"AAEE,UCAA","sourcesContent":["one\ntwo\nthree\nfour",null]}"#;

    fn looked_up(stack: &str, debug_ids: &[&str]) -> Vec<Json> {
        let known = DebugId::read("85314830-023f-4cf1-a267-535f4e37bb17");
        let map = Map::read(MAP).unwrap();
        let all = look_up(stack, debug_ids, |id| (Some(id) == known).then_some(&map));
        all.as_array().unwrap().clone()
    }

    #[test]
    fn a_place_is_told_with_the_lines_around_it() {
        let stack = "TypeError: no\n    at f (https://app.example/app.js?v=1:1:4)\n    at https://app.example/app.js:1:11";
        let all = looked_up(stack, &["app.js?v=1=85314830-023f-4cf1-a267-535f4e37bb17"]);
        assert_eq!((&all[0]["text"], &all[0]["original"]), (&"TypeError: no".into(), &Json::Null));
        let first = &all[1]["original"];
        assert_eq!(
            (&first["source"], &first["line"], &first["column"]),
            (&"src/cart.ts".into(), &3.into(), &3.into())
        );
        assert_eq!((&first["first_line"], &first["lines"][2]), (&1.into(), &"three".into()));
        let second = &all[2]["original"];
        assert_eq!((&second["is_library"], &second["lines"]), (&true.into(), &json!([])));
    }

    #[test]
    fn what_is_not_known_says_why() {
        let ids =
            &["app.js=85314830-023f-4cf1-a267-535f4e37bb17", "x.js=00000000-0000-8000-8000-000000000000"];
        let unknown =
            |stack: &str, ids: &[&str]| looked_up(stack, ids)[0]["unknown"].as_str().unwrap().to_owned();
        assert!(unknown("f@https://a.example/other.js:1:1", ids).contains("no debug id"));
        assert!(unknown("f@https://a.example/x.js:1:1", ids).contains("no source map was uploaded"));
        assert!(unknown("f@https://a.example/app.js:7:1", ids).contains("says nothing of this place"));
        let two = [ids[0], "app.js=00000000-0000-8000-8000-000000000000"];
        assert!(unknown("f@https://a.example/app.js:1:1", &two).contains("several files"));
    }
}
