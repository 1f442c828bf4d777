//! Sets up the backends of `tests/backends`: those from the Python package index in environments of their own, those
//! from Go modules by building them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    failure::{Failure, Outcome},
    peers,
    program::Program,
    repository,
};

/// The oldest Python that the pinned packages support.
const PYTHON: (u32, u32) = (3, 11);

/// MLflow, and the databases that `docs/queries/` is asked of. Every test run has them: not having them is a failure.
pub(crate) fn usual() -> Outcome {
    python_environment("mlflow")?;
    python_environment("databases")
}

/// The others. What cannot be had here leaves its reason for the tests' table.
pub(crate) fn slow() -> Outcome {
    leave_why("backends/phoenix/bin/phoenix", python_environment("phoenix"))?;
    leave_why("peers/otelcol", peers::otelcol().map(drop))?;
    leave_why("peers/jaeger", peers::jaeger().map(drop))
}

/// An environment with the packages of `tests/backends/<name>/requirements.txt`.
fn python_environment(name: &str) -> Outcome {
    let requirements = repository::root().join("tests/backends").join(name).join("requirements.txt");
    let environment = target("backends").join(name);
    // Written last: a set-up that failed half-way is not taken for a finished one.
    let stamp = environment.join("installed");
    if repository::is_fresh(&stamp, std::slice::from_ref(&requirements)) {
        return Ok(());
    }
    let python = python()?;
    eprintln!("fetching {name} …");
    Program::new(python).args(["-m", "venv", "--clear"]).args([&environment]).show().map_err(|failure| {
        Failure::from(format!("{failure}\nOn Debian, environments need `apt-get install python3-venv`"))
    })?;
    Program::new(environment.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
        // Nothing is built here, what has no wheel is a mistake in the list; and the list is whole.
        .args(["--only-binary", ":all:", "--no-deps", "--requirement"])
        .args([&requirements])
        .show()?;
    fs::write(&stamp, "").map_err(Failure::while_doing(format_args!("writing {}", stamp.display())))
}

fn python() -> Outcome<&'static str> {
    let advice = format!(
        "install Python {}.{} or newer (Debian 13: `apt-get install python3 python3-venv`)",
        PYTHON.0, PYTHON.1
    );
    let version = "import sys; print(*sys.version_info[:2])";
    let said = Program::new("python3").args(["-c", version]).output();
    let said = said.map_err(|_| format!("there is no `python3` here: {advice}"))?;
    let found = said
        .trim()
        .split_once(' ')
        .and_then(|(major, minor)| Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?)));
    if found.is_none_or(|found| found < PYTHON) {
        return Err(format!("Python {} is too old: {advice}", said.trim().replace(' ', ".")).into());
    }
    Ok("python3")
}

/// The tests look for this file where they do not find the program.
fn leave_why(program: &str, made: Outcome) -> Outcome {
    let why = target(program).with_extension("why");
    match made {
        Ok(()) => {
            // There may be none to remove.
            _ = fs::remove_file(&why);
            Ok(())
        }
        Err(failure) => {
            let reason = failure.to_string().replace('\n', " ");
            eprintln!("\nWARNING: there will be no {program}: {reason}\n");
            let parent = why.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&why, reason))
                .map_err(Failure::while_doing(format_args!("writing {}", why.display())))
        }
    }
}

fn target(path: &str) -> PathBuf {
    repository::root().join("target").join(path)
}
