//! A browser of this machine, as a person would use it: tabs, presses, tabs in front of others.
//!
//! `browser/driver.mjs` does it; it is spoken to in lines of JSON and ends, with its browser, when they do.

mod driver;
mod tab;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::clock::{Device, millis};
use driver::Driver;
pub use tab::{Frame, Heap, Log, Request, Tab};

/// How long a page may take to do what it is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Debian's, over its own protocol.
    Chromium,
    /// Debian's, over WebDriver BiDi.
    Firefox,
    /// The MiniBrowser of Debian's WebKitGTK, over WebDriver. It is not Safari. It loads pages, is pressed, hidden
    /// and closed; time cannot be moved in it, it tells nothing of requests and errors and keeps no profile.
    WebkitGtk,
}

impl Kind {
    /// As the driver calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebkitGtk => "webkitgtk",
        }
    }
}

/// How it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As most people do; but scripts of pages that close come to their end, which Firefox does not promise.
    #[default]
    Usual,
    /// As most people do, in every respect.
    AsPeopleHaveIt,
    /// In a private window.
    Private,
    /// By somebody who lets no site store anything.
    WithoutStorage,
}

impl Manner {
    /// As the driver calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::AsPeopleHaveIt => "asPeopleHaveIt",
            Self::Private => "private",
            Self::WithoutStorage => "withoutStorage",
        }
    }
}

/// What a browser keeps of its person: storage, history, cookies. It is gone when this is dropped.
pub struct Profile {
    directory: TempDir,
}

impl Profile {
    /// Of a browser that was never started.
    #[must_use]
    pub fn fresh() -> Self {
        Self { directory: TempDir::with_prefix("weft-profile-").expect("a temporary directory") }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// A browser. Its tabs are gone whenever it ends.
pub struct Browser {
    kind: Kind,
    manner: Manner,
    profile: PathBuf,
    driver: Mutex<Driver>,
    /// Where nobody else keeps one.
    _own: Option<Profile>,
}

impl Browser {
    /// Starts it with a profile of its own, which goes with it.
    pub async fn launch(kind: Kind) -> Self {
        Self::launch_as(kind, Manner::Usual).await
    }

    /// As [`Self::launch`], used like this.
    pub async fn launch_as(kind: Kind, manner: Manner) -> Self {
        let profile = Profile::fresh();
        let browser = Self::begin(kind, manner, &profile).await;
        Self { _own: Some(profile), ..browser }
    }

    /// Starts it with a profile that outlives it.
    pub async fn launch_with(kind: Kind, profile: &Profile) -> Self {
        Self::begin(kind, Manner::Usual, profile).await
    }

    async fn begin(kind: Kind, manner: Manner, profile: &Profile) -> Self {
        let driver = Mutex::new(Driver::start());
        let browser = Self { kind, manner, profile: profile.path().to_owned(), driver, _own: None };
        browser.start_again().await;
        browser
    }

    /// Which one it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Opens a tab in front of the others.
    pub async fn open_tab(&self) -> Tab<'_> {
        let number = self.ask("open", json!({})).await.as_u64().expect("tabs are numbered");
        Tab { browser: self, number }
    }

    /// Moves time on in every open document, and for those opened later.
    pub async fn shift(&self, time: Duration, device: Device) {
        self.ask("shift", json!({ "ms": millis(time), "monotonic": device == Device::Awake })).await;
    }

    /// Sets the wall clock back in every open document, and in those opened later.
    pub async fn set_back(&self, time: Duration) {
        self.ask("shift", json!({ "ms": -(millis(time) as f64), "monotonic": false })).await;
    }

    /// Kills it with everything it started, as a crash or a power cut does: no page hears of it. Its profile
    /// stays as it was left.
    pub async fn kill(&self) {
        self.ask("kill", json!({})).await;
    }

    /// Ends it as a person does who quits the browser. Its profile stays.
    pub async fn shut(&self) {
        self.ask("quit", json!({})).await;
    }

    /// Starts it with the same profile, after [`Self::kill`] or [`Self::shut`]. It opens no tabs again by itself.
    pub async fn start_again(&self) {
        let told =
            json!({ "browser": self.kind.name(), "profile": self.profile, "manner": self.manner.name() });
        self.ask("launch", told).await;
    }

    /// As [`Self::start_again`], at this address, and nobody looks into its pages: they can only tell what they do by
    /// what they ask for. Whoever looks keeps Chromium from rendering pages ahead of time.
    pub async fn start_again_unwatched(&self, url: &str) {
        let told = json!({ "browser": self.kind.name(), "profile": self.profile, "url": url });
        self.ask("launchUnwatched", told).await;
    }

    /// The end of it: waits until browser and driver have ended.
    pub async fn quit(self) {
        self.shut().await;
        self.driver.into_inner().end().await;
    }

    async fn ask(&self, command: &str, args: Value) -> Value {
        self.driver.lock().await.ask(command, args).await
    }
}
