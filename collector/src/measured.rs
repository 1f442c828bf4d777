//! What `cargo xtask bench link` measures: step 7, of which nobody else outside sees the parts.

use std::path::Path;

use weft_proto::{Batch, Head};

use crate::{
    config::{Config, Scrub},
    pipeline::{
        decode::{self, Spans},
        export::{Part, scrubbed},
        link::{Candidate, Index, Remembers, Rules, link},
        spool::{Intervals, Missing, Record},
    },
};

/// A decoded batch of a page, all of whose events are taken.
pub struct PageBatch {
    record: Record,
    head: Head,
    batch: Batch,
    scrub: Scrub,
}

impl PageBatch {
    /// Reads a batch that stands alone.
    #[must_use]
    pub fn read(request: &[u8]) -> Option<Self> {
        let (head, batch) = decode::batch(request, weft_proto::limits::MAX_BODY_BYTES).ok()?;
        let numbers = Intervals::from_ascending(batch.events.iter().map(|event| event.number));
        let record = Record { taken: numbers.to_wire(), ..Record::default() };
        Some(Self { record, head, batch, scrub: Scrub::default() })
    }

    /// Its events.
    #[must_use]
    pub fn events(&self) -> usize {
        self.batch.events.len()
    }

    /// Ids and declared links of all events: how many links there are.
    #[must_use]
    pub fn link(&self) -> usize {
        link(&self.record, &self.head, &self.batch).links.len()
    }

    /// As it is exported, ids and links included.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        let batch = scrubbed(&self.scrub, &self.batch);
        Part::of(link(&self.record, &self.head, &batch)).bytes
    }
}

/// Rules and the index, as the linker's thread has them.
pub struct Linking {
    rules: Rules,
    index: Index,
    missing: Missing,
    candidates: u64,
}

/// Between two commits, as the linker does.
const MOST_CHANGED: usize = 200_000;

impl Linking {
    /// By the settings in `toml`, with an index in `directory`. `None`: one of these is not as it should be.
    #[must_use]
    pub fn open(toml: &str, directory: &Path) -> Option<Self> {
        let config = Config::from_toml(toml).ok()?;
        let index = Index::open(directory, Remembers::by(&config.linker)).ok()?;
        let rules = Rules::new(&config.linker, index.seed());
        Some(Self { rules, index, missing: Missing::default(), candidates: 0 })
    }

    /// Which spans of a request rules look at: on the way of the acknowledgement.
    #[must_use]
    pub fn look(&self, otlp: &[u8]) -> Vec<Looked> {
        let Ok(spans) = Spans::of_valid(otlp) else { return Vec::new() };
        self.rules.in_otlp("shop", &spans).into_iter().map(Looked).collect()
    }

    /// They come, are decided upon, and leave: how many links were found.
    pub fn link(&mut self, looked: &[Looked], place: u64) -> usize {
        looked.iter().for_each(|Looked(candidate)| self.index.add(candidate));
        let mut links = 0;
        for Looked(candidate) in looked {
            links += self.index.decide(candidate, place, place, &self.missing).len();
        }
        self.candidates += looked.len() as u64;
        links
    }

    /// What the linker does when so much has changed.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn commit_if_full(&mut self, place: u64) -> Result<(), String> {
        if self.index.changed() < MOST_CHANGED { Ok(()) } else { self.commit(place) }
    }

    /// What it does from time to time.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn commit(&mut self, place: u64) -> Result<(), String> {
        self.index.commit(place, TODAY).map_err(|why| why.to_string())
    }
}

/// Days since 1970.
const TODAY: u32 = 20_783;

/// A span that a rule looks at.
pub struct Looked(Candidate);
