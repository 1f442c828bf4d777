//! The binary `weft`: reads settings, binds, says where, and runs until told to stop. And what an operator needs
//! beside that.

mod cli;

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use weft_collector::{
    Collector, Listeners,
    clock::Clock,
    commands::{self, Failure, Question},
    config::Config,
    shutdown::{self, Drained},
};

use cli::{Cli, DeadLetters, Doctor, PolicyCommand, Settings, SourceMaps, SpoolCommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    let done = match Cli::parse() {
        Cli::Run(settings) => run(&settings.config).await.map(|()| String::new()),
        Cli::CheckConfig { file } => {
            Config::load(&file).map(|_| format!("{}: fine\n", file.display())).map_err(Into::into)
        }
        Cli::Spool(command) => spool(&command),
        Cli::Decode { file, settings } => decode(&file, &settings),
        Cli::Policy(command) => policy(&command),
        Cli::DeadLetters(command) => dead_letters(&command).await,
        Cli::Drain { timeout, settings } => drain(&settings, Duration::from_secs(timeout)).await,
        Cli::Sdk { origin, settings } => {
            settings.load().and_then(|config| commands::sdk(&config, origin.as_deref()))
        }
        Cli::Erase { session, settings } => erase(&settings, &session).await,
        Cli::Blocks { lift, settings } => blocks(&settings, lift).await,
        Cli::Sourcemaps(command) => source_maps(&command).await,
        Cli::Doctor(asked) => doctor(&asked).await.map(|(said, is_healthy)| {
            code = if is_healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            said
        }),
        Cli::Send { key, settings } => send(&settings, key.as_deref()).await,
    };
    match done {
        Ok(said) => {
            // Whoever started it may not listen: that is no failure.
            let _ = io::stdout().write_all(said.as_bytes());
            code
        }
        Err(error) => {
            eprintln!("{}", error.to_string().trim_end());
            ExitCode::FAILURE
        }
    }
}

fn spool(command: &SpoolCommand) -> Result<String, Failure> {
    match command {
        SpoolCommand::Ls(settings) => commands::list_spool(&settings.load()?),
        SpoolCommand::Verify(settings) => commands::verify_spool(&settings.load()?),
        SpoolCommand::Export(settings) => {
            commands::export_spool(&settings.load()?, &mut io::stdout().lock()).map(|()| String::new())
        }
    }
}

fn policy(command: &PolicyCommand) -> Result<String, Failure> {
    match command {
        PolicyCommand::Check { file } => commands::check_policy(&Config::load(file)?),
        PolicyCommand::Explain { recorded, key, settings } => {
            commands::explain_policy(&settings.load()?, key.as_deref(), recorded)
        }
    }
}

/// Bounds are those of the settings where there are any: a body can be looked at anywhere.
fn decode(file: &Path, settings: &Settings) -> Result<String, Failure> {
    let config = if settings.config.exists() {
        settings.load()?
    } else {
        Config::from_toml(weft_collector::config::TEN_LINES)?
    };
    commands::decode(file, &config.limits).map(|json| json + "\n")
}

async fn dead_letters(command: &DeadLetters) -> Result<String, Failure> {
    match command {
        DeadLetters::Ls(settings) => commands::list_dead_letters(&settings.load()?),
        DeadLetters::Replay { destination, settings } => {
            commands::replay_dead_letters(&settings.load()?, destination).await
        }
    }
}

async fn source_maps(command: &SourceMaps) -> Result<String, Failure> {
    match command {
        SourceMaps::Inject { directory } => commands::inject_debug_ids(directory),
        SourceMaps::Upload { directory, settings } => {
            commands::upload_source_maps(&settings.load()?, directory).await
        }
        SourceMaps::Ls(settings) => commands::list_source_maps(&settings.load()?).await,
    }
}

async fn drain(settings: &Settings, patience: Duration) -> Result<String, Failure> {
    commands::drain(&settings.load()?, patience).await
}

/// The report, and whether nothing is wrong.
async fn doctor(asked: &Doctor) -> Result<(String, bool), Failure> {
    let report = commands::doctor(&Question {
        url: &asked.url,
        origin: asked.origin.as_deref(),
        method: &asked.method,
        credentials: asked.credentials,
        timeout: Duration::from_secs(asked.timeout),
    })
    .await?;
    let said = if asked.json { report.to_json()? } else { report.to_string() };
    Ok((said, report.is_healthy()))
}

async fn erase(settings: &Settings, session: &str) -> Result<String, Failure> {
    commands::erase(&settings.load()?, session).await
}

async fn blocks(settings: &Settings, lift: Option<u64>) -> Result<String, Failure> {
    commands::blocks(&settings.load()?, lift).await
}

async fn send(settings: &Settings, key: Option<&str>) -> Result<String, Failure> {
    commands::send(&settings.load()?, key).await
}

async fn run(file: &Path) -> Result<(), Failure> {
    // Whatever a library writes is for the owner alone, as our own files are: they hold what people did.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let config = Config::load(file)?;
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_max_level(config.log).with_writer(io::stderr).with_ansi(colours).init();
    let listeners = Listeners::bind(&config).await?;
    let (ingest, admin) = listeners.addresses()?;
    let collector = Collector::build(config, Clock::system())?;
    let told = shutdown::on_signals()?;
    let reloads = shutdown::on_reload(file.to_owned())?;
    // Whoever started it may not listen: that is no reason to stop.
    let _ = writeln!(io::stdout(), "weft: ingest http://{ingest}\nweft: admin http://{admin}");
    match collector.serve(listeners, told, reloads).await {
        Drained::InTime => Ok(()),
        // Whoever restarts it is to see that it was not done; the log says with what.
        Drained::DeadlinePassed => {
            Err("stopped at the deadline before all was done: what is left is in the log, and in the spool; \
                 raise `shutdown_seconds` if this is common"
                .into())
        }
    }
}
