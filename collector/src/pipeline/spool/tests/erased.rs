//! What was erased stays so: after a restart, when its record is gone, and not when nothing was acknowledged.

use super::*;
use crate::ledger::{Carried, Owner};

const MINE: [u8; 16] = [7; 16];

impl World {
    async fn erase(&self) -> Result<(), Reject> {
        let key = self.config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
        let record = Record {
            kind: Kind::Erased.into(),
            erased: MINE.to_vec(),
            body: axum::body::Bytes::new(),
            taken: Vec::new(),
            ..self.entry(1, 0..0).record
        };
        let carried = Carried::receive(&self.ledger, key, 0);
        self.opened
            .spool
            .store(Entry { record, claim: Claim::Erase(MINE), candidates: Vec::new(), carried })
            .await
    }

    fn is_erased(&self) -> bool {
        self.opened.segments.erased.contains(&Owner::new("shop-web", "shop"), &MINE)
    }
}

#[tokio::test]
async fn an_erasure_is_written_once_and_known_after_a_restart() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    assert!(!world.is_erased());
    world.erase().await.unwrap();
    world.erase().await.unwrap();
    assert!(world.is_erased());
    assert_eq!(world.read_all().len(), 1);
    world.close().await;
    let world = World::open(data.path());
    assert!(world.is_erased());
    world.erase().await.unwrap();
    assert_eq!(world.read_all().len(), 1);
}

#[tokio::test]
async fn it_is_known_when_its_segment_is_gone_or_the_claims_are_lost() {
    let data = TempDir::new().unwrap();
    let small = |config: &mut Config| config.spool.segment_bytes = 500;
    let world = World::open_with(data.path(), Box::new(RealDisk), small);
    world.erase().await.unwrap();
    let first = segments(data.path()).remove(0);
    let mut page = 0;
    while first.exists() {
        page += 1;
        world.store(page, 0..3).await.unwrap();
        world.pass_all().await;
    }
    world.close().await;
    let world = World::open_with(data.path(), Box::new(RealDisk), small);
    assert!(world.is_erased(), "from the store");
    assert!(world.read_all().iter().all(|record| record.kind() != Kind::Erased));
    world.close().await;

    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.erase().await.unwrap();
    world.close().await;
    fs::remove_dir_all(data.path().join("claims")).unwrap();
    assert!(World::open(data.path()).is_erased(), "from the spool");
}

#[tokio::test]
async fn what_could_not_be_written_is_not_erased() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world = World::open_with(data.path(), Box::new(disk.clone()), |_| {});
    world.store(1, 0..3).await.unwrap();
    disk.fail(true);
    assert_eq!(world.erase().await, Err(Reject::SpoolFailing));
    assert!(!world.is_erased());
}
