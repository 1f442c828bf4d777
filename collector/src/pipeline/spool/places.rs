//! Where each destination goes on after a start: new ones, known ones, and those that are no longer wanted.

use std::{collections::BTreeMap, io, sync::Arc};

use super::{
    cursor::{self, CursorFile, Saved},
    files,
    segments::{Cursor, Shelf},
};
use crate::{
    config::{Applications, Config, Destination, From},
    ledger::{Ledger, Tally},
    outcome::Outcome,
};

/// By name of the destination.
pub(super) type Cursors = BTreeMap<Arc<str>, Cursor>;

/// Cursors of all destinations, wanted or not.
pub(super) fn open(config: &Config) -> io::Result<Cursors> {
    let directory = config.data.join("cursors");
    files::make_directory(&directory)?;
    let mut cursors = Cursors::new();
    for name in cursor::all(&directory)? {
        let (file, _) = CursorFile::open(&directory, &name)?;
        let applications = file.applications()?;
        cursors.insert(name.as_str().into(), Cursor::new(file, applications));
    }
    for to in &config.destinations.0 {
        let (mut file, saved) = CursorFile::open(&directory, &to.name)?;
        file.set_applications(&to.applications)?;
        let mut cursor = Cursor::new(file, to.applications.clone());
        cursor.bound(to);
        cursor.place = match (saved, to.from) {
            (Saved::At(place), _) => place,
            (Saved::Damaged, _) | (Saved::New, From::Oldest) => 0,
            // The end, which nobody knows yet.
            (Saved::New, From::Now) => u64::MAX,
        };
        cursors.insert(Arc::clone(&to.name), cursor);
    }
    Ok(cursors)
}

/// Counts what each destination has not decided yet, and lets go of those that are not wanted any more.
pub(super) fn settle(shelf: &mut Shelf, config: &Config, ledger: &Ledger) -> io::Result<()> {
    for name in shelf.cursors.keys().cloned().collect::<Vec<_>>() {
        let Some(cursor) = shelf.cursors.get(&name) else { continue };
        let (place, ahead) = (cursor.place, shelf.ahead(cursor));
        ahead.iter().for_each(|(owner, events)| ledger.recover(owner, &name, events));
        if config.destinations.0.iter().any(|to| to.name == name) {
            let lost = shelf.advance(&name, place);
            ledger.drop_pending(&name, &lost, Outcome::Damaged);
            if let Some(cursor) = shelf.cursors.get_mut(&name) {
                cursor.file.save(place, std::time::Duration::ZERO)?;
            }
        } else {
            remove(shelf, config, ledger, &name, &ahead)?;
        }
    }
    Ok(())
}

fn remove(
    shelf: &mut Shelf,
    config: &Config,
    ledger: &Ledger,
    name: &Arc<str>,
    ahead: &Tally,
) -> io::Result<()> {
    let events = ahead.total();
    tracing::warn!(destination = %name, events, "no longer in the configuration: what it had not taken is dropped");
    ledger.drop_pending(name, ahead, Outcome::DestinationRemoved);
    shelf.cursors.remove(name);
    cursor::remove(&config.data.join("cursors"), name)
}

impl Cursor {
    fn new(file: CursorFile, applications: Applications) -> Self {
        let place = file.place();
        Self { applications, max_bytes: 0, max_age_ms: 0, place, segment: 0, done: Tally::default(), file }
    }

    fn bound(&mut self, to: &Destination) {
        self.max_bytes = to.max_bytes;
        self.max_age_ms = u64::try_from(to.max_age.as_millis()).unwrap_or(u64::MAX);
    }
}
