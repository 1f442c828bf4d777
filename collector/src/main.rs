//! The binary `weft`: reads settings, binds, says where, and runs until told to stop. And what an operator needs
//! beside that.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use weft_collector::{
    Collector, Listeners,
    clock::Clock,
    commands::{self, Failure, Question},
    config::Config,
    shutdown::{self, Drained},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Telemetry for tabs that never close: admit, make durable, link, forward.
#[derive(Parser)]
#[command(version)]
enum Cli {
    /// Run the collector until SIGTERM or Ctrl-C. SIGHUP reloads keys and destinations.
    Run(Settings),
    /// Report everything that is wrong with a file of settings.
    CheckConfig {
        /// The settings.
        file: PathBuf,
    },
    /// Look at the spool, without disturbing whoever runs.
    #[command(subcommand)]
    Spool(SpoolCommand),
    /// Print a request's body, of the SDK or OTLP, as OTLP/JSON.
    Decode {
        /// The body as it was sent.
        file: PathBuf,
        #[command(flatten)]
        settings: Settings,
    },
    /// What pages are told to do to events before they record them.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// What destinations refused for good.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Turn everything away and wait until all that was accepted is delivered: before a machine goes.
    Drain {
        /// Seconds to wait.
        #[arg(long, default_value_t = 300)]
        timeout: u64,
        #[command(flatten)]
        settings: Settings,
    },
    /// Print what a page has to say to load the SDK from this collector.
    Sdk {
        /// Where pages reach the collector, as in https://telemetry.example.com. Default: where it listens.
        #[arg(long)]
        origin: Option<String>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Erase a session: nothing of it leaves the running collector any more.
    Erase {
        /// Its `session.id`: 32 hex digits.
        #[arg(long)]
        session: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Show which addresses nothing new is taken from at present, and why; or lift such a block.
    Blocks {
        /// Number of the block that is to hold no longer.
        #[arg(long)]
        lift: Option<u64>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Ask an API as a page would, and say what keeps traces from going through: CORS, Server-Timing, propagation.
    Doctor(Doctor),
    /// Send one test event to the running collector, as a page would.
    Send {
        /// Name of a browser key in the settings. Default: the first.
        #[arg(long)]
        key: Option<String>,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Args)]
struct Settings {
    /// The settings.
    #[arg(long, default_value = "weft.toml")]
    config: PathBuf,
}

#[derive(Args)]
struct Doctor {
    /// What a page asks for, as in https://api.example.com/cart. The request is sent: choose one that changes nothing.
    url: String,
    /// Origin of the page, as in https://shop.example.com. Default: that of the URL.
    #[arg(long)]
    origin: Option<String>,
    /// Method of the request.
    #[arg(long, default_value = "GET")]
    method: String,
    /// As a page that asks with `credentials: "include"`. None are sent.
    #[arg(long)]
    credentials: bool,
    /// Seconds to wait for each answer.
    #[arg(long, default_value_t = 10)]
    timeout: u64,
    /// For programs.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum SpoolCommand {
    /// Segments, and how far each destination has come.
    Ls(Settings),
    /// Whether every byte is as it was written.
    Verify(Settings),
    /// Every record as a line of OTLP/JSON.
    Export(Settings),
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Print what the settings tell the pages of each key.
    Check {
        /// The settings.
        file: PathBuf,
    },
    /// Print what would become of a recorded visit: events kept, merged, left out; bytes saved.
    Explain {
        /// Traces as OTLP/JSON: what `weft decode` prints, or a file of another SDK's.
        recorded: PathBuf,
        /// Name of a browser key in the settings. Default: the first.
        #[arg(long)]
        key: Option<String>,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
enum DeadLetters {
    /// When, of whom, how much, and why.
    Ls(Settings),
    /// Send them again.
    Replay {
        /// Name of the destination in the settings.
        destination: String,
        #[command(flatten)]
        settings: Settings,
    },
}

impl Settings {
    fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.config)?)
    }
}

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
