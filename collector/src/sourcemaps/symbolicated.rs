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

/// As [`symbolicated`], where `map` has the maps. Each is asked for once, and let go before the next one.
pub(crate) fn look_up<M: Borrow<Map>>(
    stack: &str,
    debug_ids: &[&str],
    map: impl Fn(DebugId) -> Option<M>,
) -> Json {
    let ids = by_file(debug_ids);
    let lines: Vec<_> = frames(stack).map(|frame| (wanted(&frame, &ids), frame)).collect();
    let mut files: Vec<DebugId> = Vec::new();
    for id in lines.iter().filter_map(|(wanted, _)| wanted.as_ref().ok().copied().flatten()) {
        if !files.contains(&id) {
            files.push(id);
        }
    }
    let mut told: Vec<_> = lines
        .iter()
        .map(|(wanted, frame)| match wanted {
            Ok(None) => shown(frame, Ok(None)),
            Ok(Some(_)) => shown(frame, Err(format!("more than {MOST_MAPS} files have maps in this stack"))),
            Err(why) => shown(frame, Err(why.clone())),
        })
        .collect();
    for id in files.into_iter().take(MOST_MAPS) {
        let map = map(id);
        for ((wanted, frame), told) in lines.iter().zip(&mut told) {
            if let (Ok(Some(of)), Some(place)) = (wanted, &frame.place)
                && *of == id
            {
                *told = shown(frame, written(place, id, map.as_ref().map(Borrow::borrow)).map(Some));
            }
        }
    }
    told.into()
}

/// Which map a line needs. `None`: it is no place.
fn wanted(frame: &Frame<'_>, ids: &HashMap<&str, Option<DebugId>>) -> Result<Option<DebugId>, String> {
    let Some(place) = &frame.place else { return Ok(None) };
    match ids.get(place.file) {
        Some(Some(id)) => Ok(Some(*id)),
        Some(None) => Err(format!("several files of this page are called {}", place.file)),
        None => Err(no_id(place)),
    }
}

/// What somebody wrote there.
fn written(place: &Place<'_>, id: DebugId, map: Option<&Map>) -> Result<Original, String> {
    let map = map.ok_or_else(|| format!("no source map of {} ({id}) is here: upload it", place.file))?;
    let original = map.original(place.line, place.column);
    original.ok_or_else(|| format!("the source map of {} says nothing of this place", place.file))
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
        assert!(unknown("f@https://a.example/x.js:1:1", ids).contains("no source map of x.js"));
        assert!(unknown("f@https://a.example/app.js:7:1", ids).contains("says nothing of this place"));
        let two = [ids[0], "app.js=00000000-0000-8000-8000-000000000000"];
        assert!(unknown("f@https://a.example/app.js:1:1", &two).contains("several files"));
    }
}
