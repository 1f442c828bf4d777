//! A spool in a directory, with the disk it writes to.

use super::*;

/// A spool in a directory, with the disk it writes to.
pub(super) struct World {
    pub(super) opened: Opened,
    pub(super) config: Config,
    pub(super) ledger: Ledger,
}

impl World {
    pub(super) fn open(data: &Path) -> Self {
        Self::open_with(data, Box::new(RealDisk), |_| {})
    }

    pub(super) fn open_with(data: &Path, disk: Box<dyn Disk>, change: impl FnOnce(&mut Config)) -> Self {
        Self::try_open_with(data, disk, change).unwrap()
    }

    pub(super) fn try_open(data: &Path) -> Result<Self, OpenError> {
        Self::try_open_with(data, Box::new(RealDisk), |_| {})
    }

    pub(super) fn try_open_with(
        data: &Path,
        disk: Box<dyn Disk>,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, OpenError> {
        let mut config = Config::from_toml(crate::config::TEN_LINES).unwrap();
        config.data = data.to_owned();
        destination(&mut config, |to| to.from = crate::config::From::Oldest);
        change(&mut config);
        let ledger = Ledger::new(Arc::new(config.destinations.clone()));
        let meters = Arc::new(Meters::new());
        let (clock, sessions) = (Clock::system(), Sessions::default());
        let with = With {
            config: &config,
            clock: &clock,
            ledger: &ledger,
            sessions: &sessions,
            meters: &meters,
            waiting_room: &nobody_waits(),
            linked: None,
        };
        let opened = open_on(disk, with)?;
        Ok(Self { opened, config, ledger })
    }

    /// Opens it as somebody else would who has the same settings.
    pub(super) fn open_again(config: &Config, ledger: &Ledger) -> Result<Opened, OpenError> {
        let (clock, sessions) = (Clock::system(), Sessions::default());
        let meters = &Arc::new(Meters::new());
        let (waiting_room, linked) = (&nobody_waits(), None);
        open(With { config, clock: &clock, ledger, sessions: &sessions, meters, waiting_room, linked })
    }

    /// Everything is passed, and the claims of it are durable.
    pub(super) async fn pass_all(&self) {
        let end = *self.opened.segments.grown().borrow();
        self.opened.segments.pass("main", end).1.unwrap();
        while self.opened.segments.waits_for_claims() {
            tokio::task::yield_now().await;
        }
    }

    /// A batch of page `page` with these event numbers; its body says which they are.
    pub(super) fn entry(&self, page: u8, numbers: std::ops::Range<u64>) -> Entry {
        let key = self.config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
        let events = numbers.clone().map(|number| Event { number, ..Event::default() }).collect();
        let told = Told::by(&Batch { events, ..Batch::default() });
        let carried = Carried::receive(&self.ledger, key, numbers.clone().count() as u64);
        let record = Record {
            kind: Kind::Batch.into(),
            key: "shop-web".to_owned(),
            application: "shop".to_owned(),
            page: vec![page; 16],
            receive_time_ms: Clock::system().wall_ms(),
            body: format!("{page}:{numbers:?}").into_bytes().into(),
            ..Record::default()
        };
        let claim = Claim::Numbers {
            page: [page; 16],
            numbers: Intervals::from_ascending(numbers),
            open: Said::default(),
            told,
            decoded: None,
        };
        Entry { record, claim, candidates: Vec::new(), carried }
    }

    pub(super) async fn store(&self, page: u8, numbers: std::ops::Range<u64>) -> Result<(), Reject> {
        self.opened.spool.store(self.entry(page, numbers)).await
    }

    /// Three events of a page in a record of about five thousand bytes.
    pub(super) async fn store_large(&self, page: u8) -> Result<(), Reject> {
        let mut entry = self.entry(page, 0..3);
        entry.record.body = vec![page; 5_000].into();
        self.opened.spool.store(entry).await
    }

    pub(super) fn read_all(&self) -> Vec<Record> {
        self.read_from(0)
    }

    pub(super) fn read_from(&self, mut place: u64) -> Vec<Record> {
        let reader = Reader::new(&self.opened.segments);
        let mut records = Vec::new();
        loop {
            let chunk = reader.read(place, 64).unwrap();
            if chunk.next == place {
                return records;
            }
            assert!(chunk.next > place, "a reader never goes back");
            place = chunk.next;
            records.extend(chunk.records.into_iter().map(|placed| placed.record));
        }
    }

    pub(super) fn taken(&self) -> Vec<Vec<u64>> {
        self.read_all().into_iter().map(|record| record.taken).collect()
    }

    pub(super) fn duplicates(&self) -> u64 {
        let book = self.ledger.snapshot();
        assert!(book.keys.values().all(crate::ledger::Page::balances));
        book.keys.get("shop-web").and_then(|page| page.refused.get(&Outcome::Duplicate)).copied().unwrap_or(0)
    }

    pub(super) async fn close(self) {
        drop(self.opened.spool);
        join(self.opened.threads).await;
    }
}

/// The first destination, if there is one, changed.
pub(super) fn destination(config: &mut Config, change: impl FnOnce(&mut crate::config::Destination)) {
    if let Some(to) = config.destinations.0.first_mut() {
        change(Arc::make_mut(to));
    }
}

/// Where syncing costs nothing, for tests that open hundreds of spools.
pub(super) fn in_memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

pub(super) async fn join(threads: Vec<std::thread::JoinHandle<()>>) {
    let join = move || threads.into_iter().for_each(|thread| thread.join().unwrap());
    tokio::task::spawn_blocking(join).await.unwrap();
}

pub(super) fn segments(data: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(data.join("spool")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
    paths.sort();
    paths
}

/// Where there are no rules.
fn nobody_waits() -> Arc<WaitingRoom> {
    WaitingRoom::new(0).0
}
