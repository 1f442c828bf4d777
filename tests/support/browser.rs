//! The Chromium of this machine, as a person would use it: tabs, presses, tabs in front of others.
//!
//! `browser/driver.mjs` does it; it is spoken to in lines of JSON and ends, with its browser, when they do.

use std::{collections::HashMap, path::Path, process::Stdio, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

use crate::clock::{Device, millis};

const PATIENCE: Duration = Duration::from_secs(20);

/// A browser with a fresh profile.
pub struct Browser {
    driver: Mutex<Driver>,
}

struct Driver {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    process: Child,
    asked: u64,
}

/// One tab of it.
pub struct Tab<'a> {
    browser: &'a Browser,
    number: u64,
}

/// What happened in a tab.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// Uncaught exceptions and errors on the console.
    pub errors: Vec<String>,
    /// Everything on the console.
    pub console: Vec<String>,
    /// Every request, in order.
    pub requests: Vec<Request>,
}

/// A request as the browser reports it.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its address.
    pub url: String,
    /// Its headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// Size of its body.
    pub bytes: u64,
    /// The answer's status, once there is one.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

impl Browser {
    /// Starts it.
    pub async fn launch() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/driver.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts: run `cargo xtask setup`");
        let stdin = process.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        let browser = Self { driver: Mutex::new(Driver { stdin, stdout, process, asked: 0 }) };
        browser.ask("launch", json!({})).await;
        browser
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

    /// Ends it and waits until it has ended.
    pub async fn quit(self) {
        self.ask("quit", json!({})).await;
        let Driver { stdin, mut process, .. } = self.driver.into_inner();
        drop(stdin);
        process.wait().await.expect("the driver ends");
    }

    async fn ask(&self, command: &str, mut args: Value) -> Value {
        let mut driver = self.driver.lock().await;
        match tokio::time::timeout(PATIENCE * 2, driver.ask(command, &mut args)).await {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => panic!("the browser could not {command} {args}: {error}"),
            Err(_) => panic!("the browser did not answer to {command} {args}"),
        }
    }
}

impl Driver {
    async fn ask(&mut self, command: &str, args: &mut Value) -> Result<Value, String> {
        self.asked += 1;
        args["id"] = self.asked.into();
        args["command"] = command.into();
        let broken = |error: std::io::Error| format!("the driver is gone: {error}");
        self.stdin.write_all(format!("{args}\n").as_bytes()).await.map_err(broken)?;
        let line = self.stdout.next_line().await.map_err(broken)?.ok_or("the driver ended")?;
        let mut answer: Value = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap_or_default().to_owned()),
            None => Ok(answer["value"].take()),
        }
    }
}

impl Tab<'_> {
    /// Opens an address and waits for the page's load event.
    pub async fn goto(&self, url: &str) {
        let status = self.ask("goto", json!({ "url": url })).await;
        assert_eq!(status, 200, "{url} must be there");
    }

    /// Presses an element with the mouse.
    pub async fn click(&self, selector: &str) {
        self.ask("click", json!({ "selector": selector })).await;
    }

    /// Presses a key while an element has the focus.
    pub async fn press(&self, selector: &str, key: &str) {
        self.ask("press", json!({ "selector": selector, "key": key })).await;
    }

    /// What an expression evaluates to; a promise is awaited.
    pub async fn evaluate<T: DeserializeOwned>(&self, code: &str) -> T {
        let value = self.ask("evaluate", json!({ "code": code })).await;
        serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{code} is {value}: {error}"))
    }

    /// Waits until an expression is true.
    pub async fn wait_until(&self, code: &str) {
        self.ask("wait", json!({ "code": code, "timeout": millis(PATIENCE) })).await;
    }

    /// Brings another tab to the front.
    pub async fn hide(&self) {
        self.ask("hide", json!({})).await;
    }

    /// Brings this tab to the front.
    pub async fn show(&self) {
        self.ask("show", json!({})).await;
    }

    /// Goes back to the page before this one.
    pub async fn back(&self) {
        self.ask("back", json!({})).await;
    }

    /// Closes the tab as a person does, and waits until it is gone.
    pub async fn close(&self) {
        self.ask("close", json!({})).await;
    }

    /// What happened in it so far.
    pub async fn log(&self) -> Log {
        serde_json::from_value(self.ask("log", json!({})).await).expect("the driver's log has this form")
    }

    /// Writes a picture of it as PNG.
    pub async fn screenshot(&self, path: &Path) {
        self.ask("screenshot", json!({ "path": path })).await;
    }

    /// Asserts that the page has not complained.
    ///
    /// # Panics
    /// If there was an uncaught exception or an error on the console.
    pub async fn assert_no_errors(&self) {
        let errors = self.log().await.errors;
        assert!(errors.is_empty(), "the page complains:\n{}", errors.join("\n"));
    }

    async fn ask(&self, command: &str, mut args: Value) -> Value {
        args["tab"] = self.number.into();
        self.browser.ask(command, args).await
    }
}
