//! What can be asked of `weft` on a command line, with the words that `--help` says.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use weft_collector::{commands::Failure, config::Config};

/// Telemetry for tabs that never close: admit, make durable, link, forward.
#[derive(Parser)]
#[command(version)]
pub(crate) enum Cli {
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
    /// Source maps, so that stacks of errors are shown as they were written. Nobody but those who may look sees them.
    #[command(subcommand)]
    Sourcemaps(SourceMaps),
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
pub(crate) struct Settings {
    /// The settings.
    #[arg(long, default_value = "weft.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// What a page asks for, as in https://api.example.com/cart. The request is sent: choose one that changes nothing.
    pub(crate) url: String,
    /// Origin of the page, as in https://shop.example.com. Default: that of the URL.
    #[arg(long)]
    pub(crate) origin: Option<String>,
    /// Method of the request.
    #[arg(long, default_value = "GET")]
    pub(crate) method: String,
    /// As a page that asks with `credentials: "include"`. None are sent.
    #[arg(long)]
    pub(crate) credentials: bool,
    /// Seconds to wait for each answer.
    #[arg(long, default_value_t = 10)]
    pub(crate) timeout: u64,
    /// For programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum SpoolCommand {
    /// Segments, and how far each destination has come.
    Ls(Settings),
    /// Whether every byte is as it was written.
    Verify(Settings),
    /// Every record as a line of OTLP/JSON.
    Export(Settings),
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
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
pub(crate) enum SourceMaps {
    /// Give what a bundler wrote debug ids that pages can tell. Before anything is made of the files: hashes, archives.
    Inject {
        /// Where scripts and their maps are, at any depth.
        directory: PathBuf,
    },
    /// Send maps to the running collector, by their debug ids.
    Upload {
        /// Where scripts and their maps are, at any depth.
        directory: PathBuf,
        #[command(flatten)]
        settings: Settings,
    },
    /// Which the running collector has.
    Ls(Settings),
}

#[derive(Subcommand)]
pub(crate) enum DeadLetters {
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
    /// The settings as they are in the file.
    pub(crate) fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.config)?)
    }
}
