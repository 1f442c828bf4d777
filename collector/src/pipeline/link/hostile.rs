//! What strangers, damage and a failing disk can do to the linker: nothing but what is theirs.

use std::{fs, path::Path, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use weft_proto::{Attribute, Batch, Event, Form, Head, Seed, Value};

use super::*;
use crate::{
    clock::Clock,
    config::{Config, Durability, From, Rule, To},
    ledger::{Carried, Ledger},
    metrics::Meters,
    pipeline::spool::{self, Claim, Entry, Kind, Opened},
    sessions::Sessions,
};

fn rule(by: &str) -> Arc<Rule> {
    let within = Duration::from_secs(86_400);
    Arc::new(Rule {
        name: "cart".into(),
        by: vec![by.to_owned()],
        to: To::Previous,
        within,
        on_server: true,
        where_from: None,
        where_to: None,
    })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn files(of: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(of).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// "One that cannot be read is put aside and another begun": no damage to a view keeps a collector from starting.
#[test]
fn no_damage_to_the_index_keeps_the_collector_from_starting() {
    let original = TempDir::new().unwrap();
    let links = original.path().join("links");
    fs::create_dir_all(&links).unwrap();
    let mut index = Index::open(&links, Remembers { values: 1000, memory: 1 << 20 }).unwrap();
    for at in 0..500_u64 {
        let shared = look::Shared(u128::from(at).to_be_bytes());
        let looks = vec![look::Look {
            rule: rule("a"),
            shared,
            ends: look::Ends::BOTH,
            beside: look::Beside::Nothing,
        }];
        let (trace_id, span_id) = ([1; 16], at.to_be_bytes());
        let candidate =
            Candidate { at, trace_id, span_id, start_ns: at, seq: at, page: None, looks, bytes: 0 };
        index.add(&candidate);
        if at % 100 == 99 {
            index.commit(at, 7).unwrap();
            index.persist().unwrap();
        }
    }
    drop(index);
    let mut wrong = Vec::new();
    for file in files(&links) {
        let name = file.strip_prefix(&links).unwrap().to_owned();
        for damage in ["gone", "empty", "half", "zeros", "flipped"] {
            let data = TempDir::new().unwrap();
            let links_here = data.path().join("links");
            copy(&links, &links_here);
            let path = links_here.join(&name);
            let mut bytes = fs::read(&path).unwrap();
            match damage {
                "gone" => fs::remove_file(&path).unwrap(),
                "empty" => fs::write(&path, []).unwrap(),
                "half" => fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
                "zeros" => fs::write(&path, vec![0; bytes.len()]).unwrap(),
                _ => {
                    bytes.iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55);
                    fs::write(&path, bytes).unwrap();
                }
            }
            let opened = std::panic::catch_unwind(|| {
                Index::open(&links_here, Remembers { values: 1000, memory: 1 << 20 })
                    .map(|index| index.place())
            });
            match opened {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => wrong.push(format!("{} {damage}: {error:?}", name.display())),
                Err(_) => wrong.push(format!("{} {damage}: panics", name.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A batch may hold one text twice, and twenty thousand times.
#[test]
fn looking_for_a_name_that_is_there_many_times_costs_about_what_decoding_does() {
    let mut batch = Batch::default();
    let keys: Vec<_> = (0..119).map(|at| batch.strings.intern(&format!("k{at}"))).collect();
    for number in 0..1_000 {
        let from = batch.attributes.len() as u32;
        for (at, key) in keys.iter().enumerate() {
            // As long as the name, and all of them different.
            let other = format!("x{:06}", number * 19 + at);
            let value = if at < 19 { Value::Text(batch.strings.intern(&other)) } else { Value::Bool(true) };
            batch.attributes.push(Attribute { key: *key, value });
        }
        let attributes = from..batch.attributes.len() as u32;
        batch.events.push(Event { number: number as u64, attributes, ..Event::default() });
    }
    let body = many_times(&batch, "cart.id");
    let clock = Clock::system();
    let decoded = weft_proto::decode(&body).unwrap();
    let decoding = clock.monotonic();
    assert_eq!(decoded.strings.len(), 19_119);
    let linker = Config::from_toml(crate::config::TEN_LINES).unwrap().linker;
    let rules =
        Rules::new(&crate::config::Linker { rules: vec![rule("cart.id")], ..linker }, ValueSeed::default());
    let head =
        Head { form: Form::Plain, seed: Seed([1; 16]), digest: 0, number: 0, send_time_ms: 0, epoch: 0 };
    let before = clock.monotonic();
    assert!(rules.in_batch(&Record::default(), &head, &decoded).is_empty());
    let looking = clock.monotonic() - before;
    assert!(
        looking < 10 * decoding,
        "{} bytes: decoded in {decoding:?}, looked through in {looking:?}",
        body.len()
    );
}

/// As a client may write it: one text many times, where we would write it once. Those that begin with `x` become it.
fn many_times(batch: &Batch, text: &str) -> Vec<u8> {
    let mut body = weft_proto::encode(batch);
    for at in 0..body.len() - text.len() {
        if body[at] == b'x' && body[at + text.len()] == 0 {
            body[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
    }
    body
}

struct Here {
    opened: Opened,
    ledger: Ledger,
    room: Arc<WaitingRoom>,
    inbox: tokio::sync::mpsc::Receiver<Came>,
    config: Config,
    index: Index,
}

impl Here {
    fn open(data: &Path) -> Self {
        let mut config = Config::from_toml(crate::config::TEN_LINES).unwrap();
        config.data = data.to_owned();
        config.spool.segment_bytes = 4096;
        let to = config.destinations.0.first_mut().unwrap();
        Arc::make_mut(to).from = From::Oldest;
        let ledger = Ledger::new(Arc::new(config.destinations.clone()));
        let (room, inbox) = WaitingRoom::new(1 << 20);
        fs::create_dir_all(data.join("links")).unwrap();
        let index = Index::open(&data.join("links"), Remembers { values: 1000, memory: 1 << 20 }).unwrap();
        let opened = spool::open(spool::With {
            config: &config,
            clock: &Clock::system(),
            ledger: &ledger,
            sessions: &Sessions::default(),
            meters: &Arc::new(Meters::new()),
            waiting_room: &room,
            linked: Some(index.place()),
        });
        Self { opened: opened.unwrap(), ledger, room, inbox, config, index }
    }

    /// Of five events three wait.
    async fn store(&self, page: u8, waits: bool) {
        let key = self.config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
        let events = (0..5).map(|number| Event { number, ..Event::default() }).collect();
        let batch = Batch { events, ..Batch::default() };
        let head = Head {
            form: Form::Plain,
            seed: Seed([page; 16]),
            digest: 0,
            number: 0,
            send_time_ms: 0,
            epoch: 0,
        };
        let mut body = Vec::new();
        head.write(&mut body);
        body.extend(weft_proto::encode(&batch));
        let record = Record {
            kind: Kind::Batch.into(),
            key: "shop-web".to_owned(),
            application: "shop".to_owned(),
            page: vec![page; 16],
            receive_time_ms: Clock::system().wall_ms(),
            body: body.into(),
            user_agent: Some("x".repeat(500)),
            ..Record::default()
        };
        let numbers = Intervals::from_ascending(0..5);
        let claim = Claim::Numbers {
            page: [page; 16],
            numbers,
            open: spool::Said::default(),
            told: Told::by(&batch),
            decoded: None,
        };
        let candidates = if waits { (1..4).map(Candidate::without_rule).collect() } else { Vec::new() };
        let entry = Entry { record, claim, candidates, carried: Carried::receive(&self.ledger, key, 5) };
        self.opened.spool.store(entry).await.unwrap();
    }

    fn linker(self, wait: Duration) -> (Linker, Vec<std::thread::JoinHandle<()>>, Arc<spool::Segments>) {
        let Self { opened: Opened { spool, segments, threads, .. }, ledger, room, inbox, config, index } =
            self;
        let rules = Rules::new(&config.linker, index.seed());
        let linker = Linker::new(Starts {
            inbox,
            room,
            spool,
            segments: Arc::clone(&segments),
            index,
            rules,
            limits: config.limits.clone(),
            ledger,
            meters: Arc::new(Meters::new()),
            clock: Clock::system(),
            wait,
            keeps: config.linker.keeps(),
            long: Keeps::of(&config),
            durability: Durability::Os,
        });
        (linker, threads, segments)
    }
}

/// "Spool cannot be read: what waits in it is released at the next start".
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_at_one_start_is_released_at_the_next() {
    let data = TempDir::new().unwrap();
    let here = Here::open(data.path());
    here.store(1, true).await;
    let Here { opened: Opened { spool, threads, lock, .. }, index, .. } = here;
    drop((spool, index, lock));
    tokio::task::spawn_blocking(|| threads.into_iter().for_each(|thread| thread.join().unwrap()))
        .await
        .unwrap();

    let here = Here::open(data.path());
    assert_eq!(here.opened.segments.events_waiting(), 3);
    let path = files(&data.path().join("spool")).into_iter().find(|path| path.extension().is_some()).unwrap();
    let aside = data.path().join("aside");
    // The disk cannot be read for a moment: a directory gives an error to whoever reads it.
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    let (linker, threads, _) = here.linker(Duration::ZERO);
    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    tokio::task::spawn_blocking(move || linker.run(&stop)).await.unwrap();
    tokio::task::spawn_blocking(|| threads.into_iter().for_each(|thread| thread.join().unwrap()))
        .await
        .unwrap();

    let here = Here::open(data.path());
    assert_eq!(here.opened.segments.events_waiting(), 3, "they were not released, and nobody has them");
}
