//! A page with long spans, and the spool and linker that it sends to, at times that a test gives.

use std::{sync::Arc, time::Duration};

use proptest::sample::Index;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use weft_proto::{Attribute, Batch, Event, Form, Head, Ids, OpenState, Seed, Session, Value};

use super::super::{Linker, Starts};
use crate::{
    clock::{Clock, OwnedClock},
    config::{Config, Durability, From},
    ledger::{Carried, Ledger},
    metrics::Meters,
    pipeline::{
        link::{Came, Index as Links, Keeps, Remembers, Rules, Told, WaitingRoom, words},
        spool::{self, Claim, Entry, Intervals, Kind, Record, Said},
    },
    sessions::Sessions,
};

pub(super) const SEED: Seed = Seed([5; 16]);

const MOMENT_NS: u64 = 1_000_000_000;

pub(super) struct World {
    runtime: Runtime,
    data: TempDir,
    pub(super) config: Config,
    clock: Clock,
    owner: OwnedClock,
    pub(super) ledger: Ledger,
    pub(super) open: Option<Open>,
    pub(super) sent: Vec<Batch>,
    others: u64,
    lasted_ns: u64,
}

pub(super) struct Open {
    pub(super) linker: Linker,
    spool: spool::Spool,
    pub(super) segments: Arc<spool::Segments>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl World {
    pub(super) fn open() -> Self {
        let shm = std::path::Path::new("/dev/shm");
        let data = if shm.is_dir() { TempDir::new_in(shm).unwrap() } else { TempDir::new().unwrap() };
        let mut config = Config::from_toml(crate::config::TEN_LINES).unwrap();
        config.data = data.path().to_owned();
        config.spool.durability = Durability::Os;
        // Whoever sends again after longer than this may be believed again; that is tested where claims are.
        config.spool.dedupe_window = Duration::from_secs(10_000 * 86_400);
        Arc::make_mut(config.destinations.0.first_mut().unwrap()).from = From::Oldest;
        let (clock, owner) = Clock::owned();
        let ledger = Ledger::new(Arc::new(config.destinations.clone()));
        let runtime = Runtime::new().unwrap();
        let mut world = Self {
            runtime,
            data,
            config,
            clock,
            owner,
            ledger,
            open: None,
            sent: Vec::new(),
            others: 10,
            lasted_ns: 0,
        };
        world.start();
        world
    }

    fn start(&mut self) {
        let _entered = self.runtime.enter();
        let (room, inbox) = WaitingRoom::new(1 << 20);
        let links = self.data.path().join("links");
        std::fs::create_dir_all(&links).unwrap();
        let index = Links::open(&links, Remembers { values: 1000, memory: 1 << 20 }).unwrap();
        let meters = Arc::new(Meters::new());
        let opened = spool::open(spool::With {
            config: &self.config,
            clock: &self.clock,
            ledger: &self.ledger,
            sessions: &Sessions::default(),
            meters: &meters,
            waiting_room: &room,
            linked: Some(index.place()),
        })
        .unwrap();
        let linker = Linker::new(Starts {
            inbox,
            room,
            spool: opened.spool.clone(),
            segments: Arc::clone(&opened.segments),
            rules: Rules::new(&self.config.linker, index.seed()),
            index,
            limits: self.config.limits.clone(),
            ledger: self.ledger.clone(),
            meters,
            clock: self.clock.clone(),
            wait: self.config.linker.wait,
            keeps: self.config.linker.keeps(),
            long: Keeps::of(&self.config),
            durability: Durability::Os,
        });
        let spool::Opened { spool, segments, threads, .. } = opened;
        self.open = Some(Open { linker, spool, segments, threads });
    }

    /// As if it had been killed: the linker commits nothing.
    pub(super) fn restart(&mut self) {
        let Open { linker, spool, threads, .. } = self.open.take().unwrap();
        drop((linker, spool));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        self.ledger = Ledger::new(Arc::new(self.config.destinations.clone()));
        self.start();
    }

    fn here(&mut self) -> &mut Open {
        self.open.as_mut().unwrap()
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.owner.advance_ms(ms as i64);
        self.lasted_ns += ms * 1_000_000;
    }

    pub(super) fn look(&mut self) {
        self.here().linker.look(&CancellationToken::new());
    }

    pub(super) fn commit(&mut self) {
        self.here().linker.commit();
    }

    /// How long an event that began with the world had lasted by its last word.
    pub(super) fn lasted_ns(&self) -> u64 {
        let of = |batch: &Batch| {
            batch.events.iter().filter(|event| event.open.is_some()).map(|e| e.duration_ns).max()
        };
        self.sent.iter().filter_map(of).max().unwrap()
    }

    pub(super) fn word(&mut self, number: u64, state: OpenState) {
        self.send("upload", number, Some(state));
    }

    pub(super) fn nameless_word(&mut self, number: u64) {
        self.send("", number, Some(OpenState::Visible));
    }

    pub(super) fn end(&mut self, number: u64) {
        self.send("upload", number, None);
    }

    pub(super) fn unheard_end(&mut self, number: u64) {
        let batch = self.batch("upload", number, None);
        self.store(&batch);
        self.sent.push(batch);
        let with = &mut self.here().linker.with;
        while let Ok(came) = with.inbox.try_recv() {
            let Came::Heard(heard) = came else { panic!("{came:?}") };
            with.room.has_heard(heard.bytes() as u64);
        }
    }

    pub(super) fn other(&mut self) {
        let number = self.others;
        self.others += 1;
        self.send("press", number, None);
    }

    fn send(&mut self, name: &str, number: u64, open: Option<OpenState>) {
        let batch = self.batch(name, number, open);
        self.tell(&batch);
        self.sent.push(batch);
    }

    fn batch(&mut self, name: &str, number: u64, open: Option<OpenState>) -> Batch {
        self.lasted_ns += 1_000_000;
        let mut batch = Batch::default();
        let name = batch.strings.intern(name);
        let size = batch.strings.intern("file.size");
        batch.sessions = vec![Session { id: [7; 16], previous_id: None, randomness: 1 }];
        batch.attributes = vec![Attribute { key: size, value: Value::Int(12) }];
        batch.events = vec![Event {
            number,
            name,
            session: Some(0),
            start_ns: MOMENT_NS,
            duration_ns: self.lasted_ns,
            attributes: 0..1,
            open,
            ..Event::default()
        }];
        batch
    }

    /// As [`Self::store`], and the linker hears of it.
    fn tell(&mut self, batch: &Batch) {
        self.store(batch);
        self.here().linker.take_all();
    }

    pub(super) fn again(&mut self, which: Index) {
        if !self.sent.is_empty() {
            let batch = which.get(&self.sent).clone();
            self.tell(&batch);
        }
    }

    fn store(&mut self, batch: &Batch) {
        let key = self.config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
        let body = weft_proto::encode(batch);
        let digest = weft_proto::digest(&body);
        let head = Head { form: Form::Plain, seed: SEED, digest, number: 0, send_time_ms: 0, epoch: 0 };
        let mut bytes = Vec::new();
        head.write(&mut bytes);
        bytes.extend(body);
        let page = Ids::new(SEED).page();
        let record = Record {
            kind: Kind::Batch.into(),
            key: "shop-web".to_owned(),
            application: "shop".to_owned(),
            page: page.to_vec(),
            receive_time_ms: self.clock.wall_ms(),
            body: bytes.into(),
            ..Record::default()
        };
        let finished = batch.events.iter().filter(|event| event.open.is_none());
        let numbers = Intervals::from_ascending(finished.map(|event| event.number));
        let open = Said { words: words(&record, &head, batch), announces: true };
        let carried = Carried::receive(&self.ledger, key, numbers.count());
        let claim = Claim::Numbers { page, numbers, open, told: Told::by(batch), decoded: None };
        let entry = Entry { record, claim, candidates: Vec::new(), carried };
        let spool = self.here().spool.clone();
        self.runtime.block_on(spool.store(entry)).unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(Open { linker, spool, threads, .. }) = self.open.take() else { return };
        drop((linker, spool));
        threads.into_iter().for_each(|thread| _ = thread.join());
    }
}
