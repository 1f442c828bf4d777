//! The binary `weft`: reads settings, binds, says where, and runs until told to stop.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use weft_collector::{
    Collector, Listeners,
    clock::Clock,
    config::Config,
    shutdown::{self, Drained},
};

/// Telemetry for tabs that never close: admit, make durable, link, forward.
#[derive(Parser)]
#[command(version)]
enum Cli {
    /// Run the collector until SIGTERM or Ctrl-C.
    Run {
        /// The settings.
        #[arg(long, default_value = "weft.toml")]
        config: PathBuf,
    },
    /// Report everything that is wrong with a file of settings.
    CheckConfig {
        /// The settings.
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse() {
        Cli::Run { config } => run(&config),
        Cli::CheckConfig { file } => {
            Config::load(&file).map(|_| println!("{}: fine", file.display())).map_err(Into::into)
        }
    };
    done.map_or_else(
        |error| {
            eprintln!("{}", error.to_string().trim_end());
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

#[tokio::main]
async fn run(file: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::load(file)?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_max_level(config.log)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
    let listeners = Listeners::bind(&config).await?;
    let (ingest, admin) = listeners.addresses()?;
    let collector = Collector::build(config, Clock::system())?;
    let told = shutdown::on_signals()?;
    // Whoever started it may not listen: that is no reason to stop.
    let _ = writeln!(std::io::stdout(), "weft: ingest http://{ingest}\nweft: admin http://{admin}");
    match collector.serve(listeners, told).await {
        Drained::InTime => Ok(()),
        // Whoever restarts it is to see that it was not done; the log says with what.
        Drained::DeadlinePassed => {
            Err("stopped at the deadline before all was done: what is left is in the log, and in the spool; \
                 raise `shutdown_seconds` if this is common"
                .into())
        }
    }
}
