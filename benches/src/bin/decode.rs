//! What reading a batch costs: inflating it, its digest, decoding it, as the collector does. Prints Markdown.
//!
//! `decode [SECONDS [SIZE...]]`: how long each is measured, and events in a batch. CPU time, not wall time, so that it
//! says nearly the same on a busy machine. Instructions: `valgrind --tool=callgrind
//! --toggle-collect=decode::decode_all decode 0 100` decodes every event once.

use std::hint::black_box;

use benches::{Failure, corpus::Corpus, cost::cpu_seconds};
use flate2::{Decompress, FlushDecompress};
use weft_proto::{DICTIONARY, Form, Head, decode, digest};

/// The collector's: which allocator it is changes what decoding costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [100, 20, 5];

/// Events that are read in one go, in batches of every size: more than the caches of a core hold.
const EVENTS: usize = 20_000;

/// Where the corpus begins to tell.
const SEND_TIME_MS: u64 = 1_796_807_558_000;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let seconds = args.next().map_or(Ok(2.0), |seconds| seconds.parse())?;
    let sizes = args.map(|size| size.parse()).collect::<Result<Vec<usize>, _>>()?;
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let mut corpus = Corpus::read()?;
    println!(
        "| events a batch | B an event, as sent | inflated | inflate ns | digest ns | decode ns | all ns |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|");
    for size in sizes {
        let sent: Vec<_> = (0..EVENTS / size).map(|_| corpus.batch(size, SEND_TIME_MS)).collect();
        let bodies = inflate_all(&sent)?;
        let [inflate, digest, decode] = [
            per_event(seconds, || inflate_all(&sent).map(drop))?,
            per_event(seconds, || digest_all(&bodies).map(drop))?,
            per_event(seconds, || decode_all(&bodies))?,
        ];
        let all = inflate + digest + decode;
        let [sent, inflated] = [&sent, &bodies].map(|all| all.iter().map(Vec::len).sum::<usize>() / EVENTS);
        println!("| {size} | {sent} | {inflated} | {inflate:.0} | {digest:.1} | {decode:.0} | {all:.0} |");
    }
    Ok(())
}

/// CPU nanoseconds that `work`, done again and again for so long, takes an event.
fn per_event(seconds: f64, mut work: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let (began, mut rounds) = (cpu_seconds(), 0);
    loop {
        work()?;
        rounds += 1;
        let took = cpu_seconds() - began;
        if took >= seconds {
            return Ok(took * 1e9 / (rounds * EVENTS) as f64);
        }
    }
}

#[inline(never)]
fn inflate_all(sent: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Failure> {
    sent.iter().map(|request| inflate(request)).collect()
}

#[inline(never)]
fn digest_all(bodies: &[Vec<u8>]) -> Result<u32, Failure> {
    Ok(bodies.iter().map(|body| digest(body)).fold(0, |all, one| black_box(all ^ one)))
}

#[inline(never)]
fn decode_all(bodies: &[Vec<u8>]) -> Result<(), Failure> {
    for body in bodies {
        black_box(decode(body)?);
    }
    Ok(())
}

fn inflate(request: &[u8]) -> Result<Vec<u8>, Failure> {
    let (head, body) = Head::read(request)?;
    if head.form == Form::Plain {
        return Ok(body.to_vec());
    }
    let mut out = Vec::with_capacity(body.len() * 4);
    let mut inflater = Decompress::new(false);
    inflater.set_dictionary(DICTIONARY)?;
    loop {
        let read = usize::try_from(inflater.total_in())?;
        let rest = body.get(read..).unwrap_or_default();
        match inflater.decompress_vec(rest, &mut out, FlushDecompress::Finish)? {
            flate2::Status::StreamEnd => return Ok(out),
            _ => out.reserve(out.capacity()),
        }
    }
}
