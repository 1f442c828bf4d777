//! Damage and other hands on the files: what is lost is skipped and counted, the rest goes on.

use super::*;

#[tokio::test]
async fn a_flipped_bit_loses_one_record_which_is_counted_where_it_can_be_and_invents_nothing() {
    let original = TempDir::new().unwrap();
    let world = World::open(original.path());
    for page in 1..4 {
        world.store(page, 0..3).await.unwrap();
    }
    let written = world.read_all();
    world.close().await;
    let path = segments(original.path()).remove(0);
    let bytes = fs::read(&path).unwrap();
    // All of the segment's head and of the first frames' heads, and a sample of the rest.
    for at in (0..40).chain((40..bytes.len()).step_by(5)) {
        let data = in_memory();
        fs::create_dir_all(data.path().join("spool")).unwrap();
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(data.path().join("spool").join(path.file_name().unwrap()), &damaged).unwrap();
        let world = World::open(data.path());
        let read = world.read_all();
        assert!(read.iter().all(|record| written.contains(record)), "flipped at {at}");
        let lost = written.len() - read.len();
        assert!(lost <= usize::from(at >= 24), "flipped at {at}: {lost} lost");
        let fates =
            world.ledger.snapshot().keys.get("shop-web").map(|page| page.destinations["main"].clone());
        if lost == 1 && read.last() == written.last() {
            // A record after it says how many events there were before.
            assert_eq!(fates.unwrap().recovered, 9, "flipped at {at}");
        }
        world.store(9, 0..1).await.unwrap();
        assert_eq!(world.read_all().last().unwrap().page, vec![9; 16], "the spool goes on");
        world.close().await;
    }
}

/// As if another collector had written the segment at `path`; its bytes.
fn become_version(path: &Path, version: u8) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    bytes[7] = version;
    let salt = bytes[8..12].try_into().unwrap();
    let mut checksum = crc32fast::Hasher::new_with_initial(u32::from_le_bytes(salt));
    checksum.update(&bytes[..8]);
    bytes[12..16].copy_from_slice(&checksum.finalize().to_le_bytes());
    fs::write(path, &bytes).unwrap();
    bytes
}

#[tokio::test]
async fn a_segment_of_the_version_before_is_read_and_not_written_to() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.store(1, 0..3).await.unwrap();
    let written = world.read_all();
    world.close().await;
    let path = segments(data.path()).remove(0);
    let bytes = become_version(&path, b'1');
    let world = World::open(data.path());
    world.store(2, 0..3).await.unwrap();
    assert_eq!(world.read_all()[..1], written);
    assert_eq!(world.read_all().len(), 2);
    world.close().await;
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_segment_of_another_version_is_left_alone_and_says_what_to_do() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.store(1, 0..3).await.unwrap();
    world.close().await;
    let path = segments(data.path()).remove(0);
    let bytes = become_version(&path, b'9');
    let Err(OpenError::Version { version, .. }) = World::try_open(data.path()) else {
        panic!("it was opened")
    };
    assert_eq!(version, '9');
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_record_of_a_later_minor_version_is_read_past() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    let mut entry = world.entry(1, 0..3);
    entry.record.kind = 77;
    world.opened.spool.store(entry).await.unwrap();
    world.store(2, 0..2).await.unwrap();
    world.close().await;
    let world = World::open(data.path());
    assert_eq!(world.taken(), [vec![0, 3], vec![0, 2]]);
    assert_eq!(world.read_all()[0].kind(), Kind::Unknown);
}

#[tokio::test]
async fn what_damage_has_cost_is_told_when_its_segment_is_passed() {
    let data = TempDir::new().unwrap();
    let world = of_segments(data.path()).await;
    let written = world.read_all();
    let second = segments(data.path()).remove(1);
    let mut bytes = fs::read(&second).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&second, bytes).unwrap();
    let read = world.read_all();
    assert_eq!(read.len(), written.len() - 1, "one record of the second segment is damaged");
    assert_eq!(read.last(), written.last());
    assert!(skipped(&world) > 0);
    let owner = written[0].owner();
    let (mut lost, reader, mut place) = (0, Reader::new(&world.opened.segments), 0);
    loop {
        let chunk = reader.read(place, 64).unwrap();
        if chunk.next == place {
            break;
        }
        place = chunk.next;
        chunk.records.iter().for_each(|placed| {
            world.opened.segments.settle("main", &owner, placed.record.events);
        });
        lost += world.opened.segments.pass("main", place).0.total();
    }
    assert_eq!(lost, 3);
}

/// A spool of several segments with a record or two each.
async fn of_segments(data: &Path) -> World {
    let world = World::open_with(data, Box::new(RealDisk), |config| config.spool.segment_bytes = 100);
    for page in 1..10 {
        world.store(page, 0..3).await.unwrap();
    }
    assert!(segments(data).len() > 3);
    world
}

fn skipped(world: &World) -> u64 {
    world.opened.segments.health.skipped_bytes.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_segment_that_somebody_deleted_is_skipped_by_readers_and_gone_when_it_is_passed() {
    let data = TempDir::new().unwrap();
    let world = of_segments(data.path()).await;
    let written = world.read_all();
    fs::remove_file(&segments(data.path())[1]).unwrap();
    let read = world.read_all();
    assert!(read.len() < written.len() && read.first() == written.first() && read.last() == written.last());
    assert!(skipped(&world) > 0);
    world.pass_all().await;
    assert_eq!(segments(data.path()).len(), 1, "those after it are deleted too");
    assert_eq!(world.opened.segments.health.missing_segments.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn while_the_whole_directory_is_away_nothing_is_skipped() {
    let data = TempDir::new().unwrap();
    let world = of_segments(data.path()).await;
    let written = world.read_all();
    fs::rename(data.path().join("spool"), data.path().join("aside")).unwrap();
    assert!(Reader::new(&world.opened.segments).read(0, 64).is_err());
    fs::rename(data.path().join("aside"), data.path().join("spool")).unwrap();
    assert_eq!(world.read_all(), written);
    assert_eq!(skipped(&world), 0);
}

#[tokio::test]
async fn a_segment_cut_at_any_byte_while_running_loses_only_its_own_end() {
    let data = TempDir::new().unwrap();
    let world = of_segments(data.path()).await;
    let written = world.read_all();
    let second = segments(data.path()).remove(1);
    let whole = fs::read(&second).unwrap();
    for cut in 0..whole.len() {
        fs::write(&second, &whole[..cut]).unwrap();
        let before = skipped(&world);
        let read = world.read_all();
        assert!(read.len() < written.len(), "cut at {cut}");
        assert_eq!((read.first(), read.last()), (written.first(), written.last()), "cut at {cut}");
        assert!(skipped(&world) > before, "cut at {cut}");
    }
}

#[tokio::test]
async fn a_frame_that_is_whole_but_no_record_is_counted_at_start() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.store(1, 0..3).await.unwrap();
    world.close().await;
    let path = segments(data.path()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let payload = b"\xff\xff\xff";
    bytes.extend_from_slice(&3_u32.to_le_bytes());
    let salt = bytes[8..12].try_into().unwrap();
    let mut checksum = crc32fast::Hasher::new_with_initial(u32::from_le_bytes(salt));
    checksum.update(payload);
    bytes.extend_from_slice(&checksum.finalize().to_le_bytes());
    bytes.extend_from_slice(payload);
    fs::write(&path, bytes).unwrap();
    let world = World::open(data.path());
    assert_eq!(world.opened.segments.health.damaged_bytes.load(Ordering::Relaxed), 8 + 3);
    assert_eq!(world.taken(), [vec![0, 3]]);
    assert_eq!(skipped(&world), 8 + 3);
}
