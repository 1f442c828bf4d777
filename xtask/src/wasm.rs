//! `cargo xtask wasm`: Rust → wasm → what `wasm-opt` makes of it, then the TypeScript around it.

mod debian;
mod exports;
mod javascript;
mod pairs;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    thread,
};

use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository,
};

/// How the Rust half is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// rustup's target where it can be had, else Debian's Rust.
    Chosen,
    /// With the target rustup installed, `core` built from source: panics take no space.
    RustupSource,
    /// With the target rustup installed, as it comes.
    Rustup,
    /// With Debian's Rust, building `core` from source.
    Debian,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chosen => "not chosen yet",
            Self::RustupSource => "rustup's wasm32-unknown-unknown, core built from source",
            Self::Rustup => {
                "rustup's wasm32-unknown-unknown as it comes: the module is larger than it need be"
            }
            Self::Debian => "Debian's Rust, core built from source",
        })
    }
}

const TARGET: &str = "wasm32-unknown-unknown";

/// The sources of `core` and `alloc`.
const SOURCE: &str = "rust-src";

/// A panic is a trap, and says nothing: the page would not see what it says.
const TRAPS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none";

/// `core` and `alloc` from their sources.
const BUILD_STD: [&str; 2] = ["-Zbuild-std=core,alloc", "-Zbuild-std-features=optimize_for_size"];

/// What rustc may use in wasm by default, which browsers have had for years (bulk memory: 2020).
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-multivalue",
    "--enable-reference-types",
];

/// What `wasm-opt` does, measured (decision 0017). Memory starts as zeros, and nothing lies below 1 KiB: there the stack ends.
const SMALLEST: [&str; 10] = [
    "--low-memory-unused",
    "--zero-filled-memory",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--gufa",
    "-Oz",
    "--converge",
    "--always-inline-max-function-size=6",
    // Many small pieces of data take more than the zeros between them.
    "--skip-pass=memory-packing",
];

/// The module that applies policies: bundled with the JavaScript that pages fetch which have one.
const VERBS: &str = "target/verbs.wasm";

pub(crate) fn run(way: Way) -> Outcome {
    build(way)?;
    sizes()
}

/// The same without a word on standard output.
pub(crate) fn build(way: Way) -> Outcome {
    let way = toolchain(way)?;
    eprintln!("wasm: {way}");
    // Each of the two is compiled as one unit, on one processor.
    let (recorder, verbs) = both(|| compile(way, Which::Recorder), || compile(way, Which::Verbs))?;
    optimise(&recorder, &verbs)?;
    bundle()
}

/// Does two things at once.
fn both<T: Send>(
    one: impl FnOnce() -> Outcome<T> + Send,
    other: impl FnOnce() -> Outcome<T> + Send,
) -> Outcome<(T, T)> {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        let one = one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((one?, other?))
    })
}

/// The module as it is shipped, but with the names of its functions.
pub(crate) fn with_names() -> Outcome<PathBuf> {
    let made = repository::root().join("target/named.wasm");
    let compiled = compile(toolchain(Way::Chosen)?, Which::Recorder)?;
    wasm_opt(&compiled.module, &made, &[&SMALLEST[..], &["--debuginfo"]].concat())?;
    Ok(made)
}

/// Makes sure there is a way to compile to wasm, and says which.
pub(crate) fn toolchain(wanted: Way) -> Outcome<Way> {
    // Where Debian's Rust had to do before, asking rustup again would cost a time-out every time.
    if wanted != Way::Debian
        && (rustup_has("target", TARGET) || !debian::is_installed() && rustup_adds("target", TARGET))
    {
        let has_source = rustup_has("component", SOURCE) || rustup_adds("component", SOURCE);
        return Ok(if has_source { Way::RustupSource } else { Way::Rustup });
    }
    debian::install()?;
    Ok(Way::Debian)
}

fn rustup_has(what: &str, name: &str) -> bool {
    let installed = Program::new("rustup").args([what, "list", "--installed"]).output();
    installed.is_ok_and(|all| all.lines().any(|line| line == name))
}

fn rustup_adds(what: &str, name: &str) -> bool {
    let added = Program::new("rustup")
        .args([what, "add", name])
        // One try: there is another way.
        .env("RUSTUP_MAX_RETRIES", "0")
        .env("RUSTUP_DOWNLOAD_TIMEOUT", "20")
        .output();
    if let Err(failure) = &added {
        eprintln!("rustup has no {name} here ({failure}); going on without");
    }
    added.is_ok()
}

/// What rustc leaves.
struct Compiled {
    module: PathBuf,
    /// The same without functions that return several values, which wasm2js does not know.
    plain: PathBuf,
}

/// What the crate is compiled as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// What every page fetches.
    Recorder,
    /// What applies a policy: part of the JavaScript that pages fetch which have one.
    Verbs,
}

impl Which {
    /// Arguments, and what its directories end with: both are called alike by cargo.
    fn told(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Recorder => (&[], ""),
            Self::Verbs => (&["--features", "verbs"], "-verbs"),
        }
    }
}

fn compile(way: Way, which: Which) -> Outcome<Compiled> {
    // A target directory of its own: the other compiler and the other profile never make the usual one stale.
    let (cargo, name, source): (_, _, &[&str]) = match way {
        Way::Debian => (debian::cargo()?, "wasm-debian", debian::BUILD_STD),
        // Building `core` is unstable; this is the documented switch for those who do it all the same.
        Way::RustupSource => (with_source(TRAPS), "wasm-core", &BUILD_STD),
        Way::Chosen | Way::Rustup => (Program::cargo(), "wasm", &[]),
    };
    let (features, ending) = which.told();
    let name = format!("{name}{ending}");
    let plain = || compile_for(cargo, Path::new(TARGET), &name, &[source, features].concat());
    if way != Way::RustupSource {
        let plain = plain()?;
        return Ok(Compiled { module: plain.clone(), plain });
    }
    // Of what applies policies nothing is made but WebAssembly.
    let plain = if which == Which::Recorder { plain()? } else { PathBuf::new() };
    let flags = format!("{TRAPS} {}", pairs::FEATURE);
    let more = [&BUILD_STD[..], &["-Zjson-target-spec"], features].concat();
    let module = compile_for(with_source(&flags), &pairs::target()?, &name, &more)?;
    Ok(Compiled { module, plain })
}

fn with_source(flags: &str) -> Program {
    Program::cargo().env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags)
}

fn compile_for(cargo: Program, target: &Path, name: &str, more: &[&str]) -> Outcome<PathBuf> {
    let directory = repository::root().join("target").join(name);
    cargo
        .args(["build", "--profile", "wasm", "--package", "weft-sdk", "--lib", "--target"])
        .args([target, Path::new("--target-dir"), &directory])
        .args(more)
        .show()?;
    let folder = target.file_stem().unwrap_or_default();
    Ok(directory.join(folder).join("wasm/weft_sdk.wasm"))
}

fn optimise(Compiled { module, plain }: &Compiled, verbs: &Compiled) -> Outcome {
    let root = repository::root();
    let (dist, made) = (root.join("wasm-sdk/dist"), root.join("wasm-sdk/dist/weft.wasm"));
    let with_verbs = root.join(VERBS);
    // Which of the two ways made the last one does not show in times, so the source is remembered.
    let stamp = root.join("target/wasm-source");
    let source = module.display().to_string();
    let same_source = fs::read_to_string(&stamp).is_ok_and(|last| last == source);
    if same_source
        && repository::is_fresh(&made, &[module.clone(), plain.clone(), root.join("xtask/src/wasm.rs")])
        && repository::is_fresh(&with_verbs, &[verbs.module.clone(), root.join("xtask/src/wasm.rs")])
    {
        return Ok(());
    }
    fs::create_dir_all(&dist).map_err(Failure::while_doing("making wasm-sdk/dist"))?;
    let stripped = ["--strip-debug", "--strip-producers", "--strip-target-features"];
    let small = root.join("target/plain.wasm");
    let (recorder, applied) = ("wasm-sdk/src/lib.rs", "wasm-sdk/src/applied.rs");
    let make = |from: &Path, to: &Path, abi: &str| {
        let asked_for = to.with_extension("asked-for.wasm");
        exports::keep(from, &asked_for, abi)?;
        wasm_opt(&asked_for, to, &[&SMALLEST[..], &stripped].concat())?;
        fs::remove_file(&asked_for).map_err(Failure::while_doing("removing what wasm-opt was given"))
    };
    let of_verbs = || make(&verbs.module, &with_verbs, applied);
    both(|| make(module, &made, recorder), || make(plain, &small, recorder).and_then(|()| of_verbs()))?;
    javascript::of(&small)?;
    fs::write(&stamp, source).map_err(Failure::while_doing("writing target/wasm-source"))
}

fn wasm_opt(from: &Path, to: &Path, how: &[&str]) -> Outcome {
    Program::new(repository::root().join("node_modules/.bin/wasm-opt"))
        .args(how)
        .args(FEATURES)
        .args([from, Path::new("-o"), to])
        .show()
}

fn bundle() -> Outcome {
    let sdk = [
        "js",
        "build.mjs",
        "bundling.mjs",
        "declarations.mjs",
        "mangled.json",
        "dist/weft.wasm",
        "../target/verbs.wasm",
    ];
    built("wasm-sdk", &sdk)?;
    // What it knows of the SDK is its types.
    built("react", &["src", "build.mjs", "../wasm-sdk/declarations.mjs", "../wasm-sdk/dist/types"])
}

/// Makes `dist` of what npm publishes, of these files and folders and of what it is built with.
fn built(workspace: &str, sources: &[&str]) -> Outcome {
    let root = repository::root();
    // Written last: a build that failed half-way is not taken for a finished one.
    let stamp = root.join("target").join(format!("{workspace}-built"));
    let all = sources.iter().chain(&["package.json", "tsconfig.json", "../package-lock.json"]);
    let sources: Vec<PathBuf> = all.map(|source| root.join(workspace).join(source)).collect();
    if root.join(workspace).join("dist/index.js").is_file() && repository::is_fresh(&stamp, &sources) {
        return Ok(());
    }
    Program::new("npm").args(["run", "--silent", "build", "--workspace", workspace]).show()?;
    fs::write(&stamp, "").map_err(Failure::while_doing(format_args!("writing {}", stamp.display())))
}

/// Prints what a browser downloads: as it is and as servers send it.
fn sizes() -> Outcome {
    let script = "
        const fs = require('fs'), zlib = require('zlib'), dist = 'wasm-sdk/dist';
        for (const name of fs.readdirSync(dist).filter((name) => /\\.(wasm|js)$/.test(name))) {
            const bytes = fs.readFileSync(`${dist}/${name}`);
            const sent = zlib.brotliCompressSync(bytes).length;
            console.log(`${name.padEnd(16)} ${String(bytes.length).padStart(8)} bytes ${String(sent).padStart(8)} with brotli`);
        }";
    print!("{}", Program::new("node").args(["-e", script]).output()?);
    Ok(())
}
