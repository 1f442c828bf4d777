//! What is refused is counted for who sent it.

use super::*;
use crate::{
    clock::Clock,
    metrics::Meters,
    pipeline::{link::ValueSeed, spool},
    sessions::Sessions,
};

#[tokio::test]
async fn an_answer_that_came_too_late_is_counted_for_its_key() {
    let data = tempfile::TempDir::new().unwrap();
    let mut config = Config::from_toml(crate::config::TEN_LINES).unwrap();
    config.data = data.path().to_owned();
    let (clock, ledger) = (Clock::system(), Ledger::new(Arc::new(config.destinations.clone())));
    let meters = Arc::new(Meters::new());
    let (waiting_room, _inbox) = WaitingRoom::new(0);
    let opened = spool::open(spool::With {
        config: &config,
        clock: &clock,
        ledger: &ledger,
        sessions: &Sessions::default(),
        meters: &meters,
        waiting_room: &waiting_room,
        linked: None,
    })
    .unwrap();
    let intake = Intake::new(
        &config,
        Gate::new(&config, &Arc::new(Key::of_canary()), &clock),
        Parts {
            rules: Rules::new(&config.linker, ValueSeed::default()),
            spool: opened.spool,
            ledger: ledger.clone(),
            memory: Memory::new(u64::MAX),
            waiting_room,
            meters,
        },
    );
    let key = config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
    for reject in [Reject::AnswerTimeout(Duration::ZERO), Reject::SpoolFull] {
        assert_eq!(intake.note(key, reject.clone()), reject);
    }
    let book = ledger.snapshot();
    assert!(book.without_key.is_empty());
    let bodies: Vec<_> = book.keys["shop-web"].bodies_refused.iter().collect();
    assert_eq!(bodies, [(&Outcome::AnswerTimeout, &1)], "a full spool is counted by events, by its writer");
}
