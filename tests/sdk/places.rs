//! What the SDK promises, in the places where pages are: `docs/browser-support.md` has a cell for each, and each is what a
//! run shows. The test of a place says what its cells have to be.

mod probes;
mod spot;

use std::time::Duration;

use support::{
    browser::{Kind, Manner},
    clock::DAY,
};

use self::spot::Spot;
use super::scene::Scene;

in_each_browser!(
    the_promises_about_a_live_page_are_what_a_run_shows,
    the_promises_about_a_reloaded_page_are_what_a_run_shows,
    the_promises_after_a_week_without_a_visit_are_what_a_run_shows,
    the_promises_about_a_private_window_are_what_a_run_shows,
    the_promises_about_a_frame_of_another_site_are_what_a_run_shows,
    the_promises_where_storage_is_refused_are_what_a_run_shows,
    the_promises_about_plain_http_are_what_a_run_shows,
);

/// Where a page is.
#[derive(Clone, Copy)]
struct Place {
    /// The column.
    name: &'static str,
    manner: Manner,
    at: At,
    /// Until its person comes again.
    away: Duration,
    /// They come again by a reload.
    reload: bool,
}

/// By which address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// This machine's, which browsers trust without TLS.
    Localhost,
    /// A frame in a page of another site.
    Frame,
    /// A name without TLS.
    Name,
}

/// Long enough for a page to be taken for gone.
const AWAY: Duration = Duration::from_secs(180);

const LIVE: Place =
    Place { name: "live page", manner: Manner::Usual, at: At::Localhost, away: AWAY, reload: false };

/// A row, and what is to be in its cell.
type Cell = (&'static str, String);

async fn the_promises_about_a_live_page_are_what_a_run_shows(kind: Kind) {
    hold(kind, LIVE).await;
}

async fn the_promises_about_a_reloaded_page_are_what_a_run_shows(kind: Kind) {
    hold(kind, Place { name: "after a reload", reload: true, ..LIVE }).await;
}

async fn the_promises_after_a_week_without_a_visit_are_what_a_run_shows(kind: Kind) {
    hold(kind, Place { name: "after 7 days", away: 7 * DAY, ..LIVE }).await;
}

async fn the_promises_about_a_private_window_are_what_a_run_shows(kind: Kind) {
    hold(kind, Place { name: "private window", manner: Manner::Private, ..LIVE }).await;
}

async fn the_promises_about_a_frame_of_another_site_are_what_a_run_shows(kind: Kind) {
    hold(kind, Place { name: "frame of another site", at: At::Frame, ..LIVE }).await;
}

async fn the_promises_where_storage_is_refused_are_what_a_run_shows(kind: Kind) {
    hold(kind, Place { name: "storage refused", manner: Manner::WithoutStorage, ..LIVE }).await;
}

async fn the_promises_about_plain_http_are_what_a_run_shows(kind: Kind) {
    hold(kind, Place { name: "plain http", at: At::Name, ..LIVE }).await;
}

/// What a run shows there.
async fn seen(kind: Kind, place: Place) -> Vec<Cell> {
    let scene = Scene::start_as(kind, place.manner).await;
    let mut cells = probes::visits(&scene, place).await;
    if !place.reload {
        cells.extend(probes::kill(&scene, place).await);
    }
    // These are about one visit.
    if place.away == AWAY && !place.reload {
        cells.push(probes::come_back(&scene, place).await);
        cells.push(probes::close(&scene, place).await);
        cells.push(probes::withdraw(&scene, place).await);
    }
    scene.end().await;
    cells
}

/// The page says the same.
async fn hold(kind: Kind, place: Place) {
    let seen = seen(kind, place).await;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/browser-support.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let said = seen.iter().map(|(row, _)| (*row, documented(&page, row, place.name, kind)));
    let said: Vec<Cell> = said.map(|(row, cell)| (row, cell.unwrap_or_default())).collect();
    assert_eq!(said, seen, "docs/browser-support.md, and what {kind:?} does: {}", place.name);
}

/// The cell of a table in a page; where browsers differ, it says `Chromium: …; Firefox: …`.
fn documented(page: &str, row: &str, column: &str, kind: Kind) -> Option<String> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let mut head: Vec<String> = Vec::new();
    for line in page.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<String> = cells(line);
        if cells[0] == "promise" {
            head = cells;
        } else if cells[0] == row {
            let cell = cells.get(head.iter().position(|name| name == column)?)?;
            let of_browser = format!("{kind:?}: ");
            let own = cell.split("; ").find_map(|part| part.strip_prefix(&of_browser));
            return Some(own.unwrap_or(cell).to_owned());
        }
    }
    None
}
