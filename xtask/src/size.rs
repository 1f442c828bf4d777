//! `cargo xtask size`: what a browser downloads for two programs a user would write, against goals and budget.
//!
//! `hello` is the least a page can write, `full` has everything (`wasm-sdk/size/*.ts`). Counted is what every page
//! fetches: the stub, the JavaScript as a bundler leaves it, and the module, each compressed by itself.

mod budget;
mod functions;
mod table;

use crate::{failure::Outcome, program::Program, repository, wasm};

/// How the sizes are said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people: goals beside results, and where the bytes go.
    Table,
    /// One line for programs.
    Json,
}

/// What has a size, and what it must not exceed and should not, in bytes with brotli.
const MEASURED: [(&str, u64, u64); 3] =
    [("stub", 1_300, 1_300), ("hello", 10_000, 8_000), ("full", 16_000, 12_000)];

/// The same bytes, sent in two ways and not compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    brotli: u64,
    gzip: u64,
    plain: u64,
}

impl std::ops::AddAssign for Size {
    fn add_assign(&mut self, more: Self) {
        self.brotli += more.brotli;
        self.gzip += more.gzip;
        self.plain += more.plain;
    }
}

/// One fact about one program: what it is about, and how large that is.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    /// `*`: of every program.
    program: String,
    name: String,
    size: Size,
}

/// What `wasm-sdk/size/measure.mjs` says.
#[derive(Debug, Default)]
struct Facts {
    /// Fetched by every page.
    parts: Vec<Fact>,
    /// Fetched later, or never.
    chunks: Vec<Fact>,
    /// Sources of the JavaScript that every page fetches, minified.
    modules: Vec<Fact>,
}

pub(crate) fn run(form: Form) -> Outcome {
    wasm::build(wasm::Way::Chosen)?;
    let facts = Facts::measured()?;
    match form {
        Form::Json => println!("{}", json(&facts)),
        Form::Table => table::print(&facts)?,
    }
    budget::check(&facts)
}

fn json(facts: &Facts) -> String {
    let sizes = MEASURED.map(|(name, ..)| {
        let Size { brotli, gzip, .. } = facts.of(name);
        format!("\"{name}\":{{\"brotli\":{brotli},\"gzip\":{gzip}}}")
    });
    format!("{{{}}}", sizes.join(","))
}

impl Facts {
    fn measured() -> Outcome<Self> {
        let mut measure = Program::new("node").args(["size/measure.mjs"]);
        measure = measure.directory(repository::root().join("wasm-sdk"));
        Self::read(&measure.output()?)
    }

    /// Lines of tab-separated facts, as the head of `measure.mjs` has them.
    fn read(said: &str) -> Outcome<Self> {
        let mut facts = Self::default();
        for line in said.lines() {
            let (of, fact) = facts
                .fact(line)
                .ok_or_else(|| format!("measure.mjs says what nobody understands: {line}"))?;
            of.push(fact);
        }
        Ok(facts)
    }

    /// One line, and where it belongs.
    fn fact(&mut self, line: &str) -> Option<(&mut Vec<Fact>, Fact)> {
        let mut fields = line.split('\t');
        let (kind, program, name) = (fields.next()?, fields.next()?, fields.next()?);
        let numbers: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
        let (of, size) = match (kind, numbers.as_slice()) {
            ("part", &[brotli, gzip, plain]) => (&mut self.parts, Size { brotli, gzip, plain }),
            ("chunk", &[brotli, gzip, plain]) => (&mut self.chunks, Size { brotli, gzip, plain }),
            ("module", &[plain]) => (&mut self.modules, Size { plain, ..Size::default() }),
            _ => return None,
        };
        Some((of, Fact { program: program.to_owned(), name: name.to_owned(), size }))
    }

    /// A file that every program has, or the JavaScript of one.
    fn part(&self, name: &str) -> Size {
        let mut sum = Size::default();
        for part in &self.parts {
            if part.name == name || name.strip_suffix(".js") == Some(&part.program) {
                sum += part.size;
            }
        }
        sum
    }

    /// What every page fetches of `stub`, or for a program.
    fn of(&self, what: &str) -> Size {
        let mut sum = Size::default();
        for Fact { program, name, size } in &self.parts {
            if program == what || (program == "*" && (what != "stub" || name == "stub.js")) {
                sum += *size;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "part\t*\tstub.js\t10\t11\t12\npart\t*\tweft.wasm\t100\t110\t120\n\
        part\thello\thello.js\t1\t2\t3\npart\tfull\tfull.js\t5\t6\t7\nchunk\tfull\tvitals.js\t50\t60\t70\n\
        module\tfull\tjs/full.ts\t9";

    #[test]
    fn what_every_page_fetches_is_added_up_and_chunks_are_not() {
        let facts = Facts::read(SAID).expect("it is well-formed");
        assert_eq!(
            json(&facts),
            r#"{"stub":{"brotli":10,"gzip":11},"hello":{"brotli":111,"gzip":123},"full":{"brotli":115,"gzip":127}}"#
        );
    }

    #[test]
    fn a_line_that_is_no_fact_is_an_error() {
        assert!(Facts::read("part\thello\thello.js\t1\t2").is_err());
    }
}
