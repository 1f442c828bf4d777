//! redb or fjall? 10⁷ pages, 20 000 updates a second in one durable commit each 50 ms, kill -9, recovery, expiry.
//!
//! `cargo run --release -p benches --bin store [KEYS [SECONDS]]`. A child process is the collector; it is killed.

#![allow(clippy::disallowed_methods)] // Measures wall time and waits for it: that is what it is for.

use std::{
    fs,
    io::{BufRead, BufReader, Write, stdout},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use benches::{
    Failure,
    store::{COUNTER, Claim, Page, open},
};

const CACHE: u64 = 256 << 20;
const PER_COMMIT: u64 = 1_000;
const PACE: Duration = Duration::from_millis(50);
const DAYS: u64 = 7;
/// Bytes that one update means: key and claim, and one entry by day in and one out.
const LOGICAL: u64 = 16 + 36 + 20 + 20;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args {
        ["work", name, path, keys] => work(name, Path::new(path), keys.parse()?),
        ["recover", name, path] => recover(name, Path::new(path)),
        [] => compare(10_000_000, 60),
        [keys] => compare(keys.parse()?, 60),
        [keys, seconds] => compare(keys.parse()?, seconds.parse()?),
        _ => Err("usage: store [KEYS [SECONDS]]".into()),
    }
}

fn compare(keys: u64, seconds: u64) -> Result<(), Failure> {
    println!(
        "{keys} pages, {PER_COMMIT} updates a commit, a commit each {PACE:?} for {seconds} s, {CACHE} bytes of cache"
    );
    for name in ["redb", "fjall"] {
        let path = PathBuf::from("target/store-bench").join(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        let acknowledged = run_and_kill(name, &path, keys, Duration::from_secs(seconds))?;
        let recovered = Command::new(std::env::current_exe()?).args(["recover", name]).arg(&path).output()?;
        let told = String::from_utf8(recovered.stdout)?;
        print!("{told}");
        let found: u64 =
            told.split_whitespace().skip_while(|word| *word != "commits").nth(1).unwrap_or("0").parse()?;
        println!(
            "{name:>6} acknowledged {acknowledged}, found {found}: {}",
            if found >= acknowledged { "none lost" } else { "LOST" }
        );
        fs::remove_dir_all(&path)?;
    }
    Ok(())
}

/// Returns how many commits the child had acknowledged when it was killed.
fn run_and_kill(name: &str, path: &Path, keys: u64, long: Duration) -> Result<u64, Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["work", name])
        .arg(path)
        .arg(keys.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    println!("{name:>6} {}", lines.next().ok_or("the child ended")??);
    let io = |what: &str| -> Result<u64, Failure> {
        let text = fs::read_to_string(format!(
            "/proc/{}/{}",
            child.id(),
            if what == "VmHWM" { "status" } else { "io" }
        ))?;
        let line = text.lines().find(|line| line.starts_with(what)).ok_or("no such line")?;
        Ok(line.split_whitespace().nth(1).ok_or("no value")?.parse()?)
    };
    let (began, written) = (Instant::now(), io("write_bytes")?);
    let (mut micros, mut acknowledged) = (Vec::new(), 0);
    while began.elapsed() < long {
        let line = lines.next().ok_or("the child ended")??;
        let mut words = line.split_whitespace();
        acknowledged = words.next().ok_or("no number")?.parse()?;
        micros.push(words.next().ok_or("no time")?.parse::<u64>()?);
    }
    let (written, peak) = (io("write_bytes")? - written, io("VmHWM")?);
    child.kill()?;
    child.wait()?;
    for line in lines {
        acknowledged =
            line?.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(acknowledged);
    }
    micros.sort_unstable();
    let at = |share: usize| {
        micros.get((micros.len() * share / 1000).min(micros.len() - 1)).copied().unwrap_or(0) as f64 / 1e3
    };
    let updates = micros.len() as u64 * PER_COMMIT;
    println!(
        "{name:>6} commit ms: p50 {:.1} p99 {:.1} max {:.1}; {:.0} updates/s; write amplification {:.1}; peak {} MiB",
        at(500),
        at(990),
        at(1000),
        updates as f64 / began.elapsed().as_secs_f64(),
        written as f64 / (updates * LOGICAL) as f64,
        peak / 1024,
    );
    Ok(acknowledged)
}

/// The child: fills, then updates at the pace until it is killed.
fn work(name: &str, path: &Path, keys: u64) -> Result<(), Failure> {
    let mut store = open(name, path, CACHE)?;
    let began = Instant::now();
    let mut batch = Vec::new();
    for number in 0..keys {
        batch.push((page(number), claim(number % DAYS, 0)));
        if batch.len() == 20_000 || number + 1 == keys {
            store.take(&batch, number % 1_000_000 > 980_000 || number + 1 == keys)?;
            batch.clear();
        }
    }
    let mut out = stdout().lock();
    writeln!(out, "filled in {:.1} s, {} MiB on disk", began.elapsed().as_secs_f64(), bytes_in(path)? >> 20)?;
    let mut random = 1;
    for commit in 1.. {
        let began = Instant::now();
        batch.clear();
        for _ in 0..PER_COMMIT {
            random = mix(random);
            batch.push((page(random % (keys + keys / 100)), claim(DAYS, commit)));
        }
        batch.push((COUNTER, claim(DAYS, commit)));
        let began_commit = Instant::now();
        store.take(&batch, true)?;
        writeln!(out, "{commit} {}", began_commit.elapsed().as_micros())?;
        out.flush()?;
        std::thread::sleep(PACE.saturating_sub(began.elapsed()));
    }
    Ok(())
}

/// Opens what the killed child left, says how far it got, and forgets the first day.
fn recover(name: &str, path: &Path) -> Result<(), Failure> {
    let began = Instant::now();
    let mut store = open(name, path, CACHE)?;
    let opened = began.elapsed();
    let counter = store.get(&COUNTER)?.ok_or("no counter")?;
    let commits = u64::from_be_bytes(*counter.last_chunk().ok_or("short")?);
    let size = bytes_in(path)?;
    let (began, mut expired, mut longest) = (Instant::now(), 0, Duration::ZERO);
    loop {
        let step = Instant::now();
        let count = store.expire(1, 10_000)?;
        longest = longest.max(step.elapsed());
        expired += count;
        if count == 0 {
            break;
        }
    }
    println!(
        "{name:>6} recovered in {:.2} s, commits {commits} ; {} MiB; expired {expired} in {:.1} s (longest step {:.0} ms), then {} MiB",
        opened.as_secs_f64(),
        size >> 20,
        began.elapsed().as_secs_f64(),
        longest.as_secs_f64() * 1e3,
        bytes_in(path)? >> 20,
    );
    Ok(())
}

fn page(number: u64) -> Page {
    let mut page = [0; 16];
    page.iter_mut()
        .zip(mix(number).to_be_bytes().into_iter().chain(mix(number ^ 7).to_be_bytes()))
        .for_each(|(to, from)| *to = from);
    page
}

fn claim(day: u64, commit: u64) -> Claim {
    let mut claim = [0; 36];
    let day = (day as u32).to_be_bytes();
    let middle = [commit.wrapping_mul(3).to_be_bytes(); 3].concat();
    let bytes = day.into_iter().chain(middle).chain(commit.to_be_bytes());
    claim.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    claim
}

/// SplitMix64.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn bytes_in(path: &Path) -> Result<u64, Failure> {
    let mut sum = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { bytes_in(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}
