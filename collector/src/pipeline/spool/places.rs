//! Where each destination goes on after a start: new ones, known ones, and those that are no longer wanted.

use std::{collections::BTreeMap, io, path::Path, sync::Arc, time::Duration};

use super::{
    cursor::{self, CursorFile, Saved},
    files,
    segments::{Cursor, Segments, Shelf},
};
use crate::{
    config::{Applications, Config, Destination, From},
    ledger::{Ledger, Tally},
    outcome::Outcome,
};

/// By name of the destination.
pub(super) type Cursors = BTreeMap<Arc<str>, Cursor>;

/// Cursors of all destinations, wanted or not. `oldest`: where the first segment there is begins.
pub(super) fn open(config: &Config, oldest: Option<u64>) -> io::Result<Cursors> {
    let directory = config.data.join("cursors");
    files::make_directory(&directory)?;
    let mut cursors = Cursors::new();
    for name in cursor::all(&directory)? {
        let (file, _) = CursorFile::open(&directory, &name)?;
        let applications = file.applications()?;
        cursors.insert(name.as_str().into(), Cursor::new(file, applications));
    }
    for to in &config.destinations.0 {
        let mut cursor = of(&directory, to)?;
        // What was deleted before it came is nothing that it misses.
        cursor.place = if cursor.place == 0 { oldest.unwrap_or(0) } else { cursor.place };
        cursors.insert(Arc::clone(&to.name), cursor);
    }
    Ok(cursors)
}

/// The cursor of one destination; at `u64::MAX` where it is to begin at the end, which nobody knows yet.
fn of(directory: &Path, to: &Destination) -> io::Result<Cursor> {
    let (mut file, saved) = CursorFile::open(directory, &to.name)?;
    let before = file.applications()?;
    file.set_applications(&to.applications)?;
    let mut cursor = Cursor::new(file, to.applications.clone());
    cursor.before = (saved != Saved::New && before != to.applications).then_some(before);
    cursor.max_bytes = to.max_bytes;
    cursor.max_age_ms = u64::try_from(to.max_age.as_millis()).unwrap_or(u64::MAX);
    cursor.place = match (saved, to.from) {
        (Saved::At(place), _) => place,
        (Saved::Damaged, _) | (Saved::New, From::Oldest) => 0,
        (Saved::New, From::Now) => u64::MAX,
    };
    Ok(cursor)
}

/// Counts what each destination has not decided yet, and lets go of those that are not wanted any more.
pub(super) fn settle(shelf: &mut Shelf, config: &Config, ledger: &Ledger) -> io::Result<()> {
    for name in shelf.cursors.keys().cloned().collect::<Vec<_>>() {
        let Some(cursor) = shelf.cursors.get(&name) else { continue };
        let (place, ahead) = (cursor.place, shelf.ahead(cursor));
        let less = shelf.ahead_before(cursor).less(&ahead);
        ahead.iter().chain(less.iter()).for_each(|(owner, events)| ledger.recover(owner, &name, events));
        ledger.drop_pending(&name, &less, Outcome::DestinationRemoved);
        let lost = shelf.lost_waiting.only(|owner| cursor.applications.take(&owner.application));
        lost.iter().for_each(|(owner, events)| ledger.recover(owner, &name, events));
        ledger.drop_pending(&name, &lost, Outcome::Damaged);
        if config.destinations.0.iter().any(|to| to.name == name) {
            let lost = shelf.advance(&name, place);
            ledger.drop_pending(&name, &lost, Outcome::Damaged);
            if let Some(cursor) = shelf.cursors.get_mut(&name) {
                cursor.file.save(place, Duration::ZERO)?;
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

/// What a destination gets more, or less, than it would have got.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    pub(crate) more: Tally,
    pub(crate) less: Tally,
}

impl Segments {
    /// Takes up a destination that is new, or has changed. Call it between two groups of records.
    pub(crate) fn register(&self, directory: &Path, to: &Destination) -> io::Result<Changed> {
        let mut shelf = self.shelf();
        let mut cursor = of(directory, to)?;
        let before = shelf.cursors.get(&to.name).map(|known| shelf.ahead(known)).unwrap_or_default();
        if let Some(known) = shelf.cursors.remove(&to.name) {
            (cursor.place, cursor.segment) = (known.place, known.segment);
            (cursor.done, cursor.owed) = (known.done, known.owed);
        } else if cursor.place == u64::MAX {
            shelf.put_at_the_end(&mut cursor);
        }
        cursor.file.save(cursor.place, Duration::ZERO)?;
        let after = shelf.ahead(&cursor);
        shelf.cursors.insert(Arc::clone(&to.name), cursor);
        Ok(Changed { more: after.less(&before), less: before.less(&after) })
    }

    /// Lets go of a destination. Gives what it had not decided. Call it between two groups of records.
    pub(crate) fn remove(&self, directory: &Path, name: &str) -> io::Result<Tally> {
        let mut shelf = self.shelf();
        let Some(cursor) = shelf.cursors.remove(name) else { return Ok(Tally::default()) };
        let ahead = shelf.ahead(&cursor);
        cursor::remove(directory, name)?;
        self.let_go(&mut shelf);
        drop(shelf);
        self.sweep()?;
        Ok(ahead)
    }
}

impl Cursor {
    fn new(file: CursorFile, applications: Applications) -> Self {
        let place = file.place();
        Self {
            applications,
            before: None,
            max_bytes: 0,
            max_age_ms: 0,
            place,
            segment: 0,
            done: Tally::default(),
            owed: Tally::default(),
            file,
        }
    }
}
