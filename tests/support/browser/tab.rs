//! One tab: what can be done to it, and what happened in it.

use std::{collections::HashMap, path::Path};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Browser, PATIENCE};
use crate::clock::millis;

/// One tab of it.
pub struct Tab<'a> {
    pub(super) browser: &'a Browser,
    pub(super) number: u64,
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

/// What a page holds on to.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Heap {
    /// Of JavaScript.
    pub bytes: f64,
    /// Nodes of documents, attached or not.
    pub nodes: f64,
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

    /// Presses an element that opens another tab, which is then in front.
    pub async fn click_opening(&self, selector: &str) -> Self {
        let number = self.ask("clickOpening", json!({ "selector": selector })).await;
        Self { browser: self.browser, number: number.as_u64().expect("tabs are numbered") }
    }

    /// Duplicates it as the browser's menu does. The other one is then in front.
    pub async fn duplicate(&self) -> Self {
        let number = self.ask("duplicate", json!({})).await.as_u64().expect("tabs are numbered");
        Self { browser: self.browser, number }
    }

    /// The document in a frame of it: the one whose address has this in it. Not for sandboxed frames: on a busy
    /// machine the driver may never learn of theirs in Chromium. What those have to say they can post.
    #[must_use]
    pub fn frame<'a>(&'a self, part: &'a str) -> Frame<'a> {
        Frame { tab: self, part }
    }

    /// Presses a key while an element has the focus.
    pub async fn press(&self, selector: &str, key: &str) {
        self.ask("press", json!({ "selector": selector, "key": key })).await;
    }

    /// What an expression evaluates to; a promise is awaited.
    pub async fn evaluate<T: DeserializeOwned>(&self, code: &str) -> T {
        told(code, self.ask("evaluate", json!({ "code": code })).await)
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

    /// Takes its document away, as browsers do with tabs that nobody looks at when memory runs low. It has to be
    /// hidden, and the only one with its address. [`Self::show`] loads it again.
    pub async fn discard(&self) {
        self.ask("discard", json!({})).await;
    }

    /// Freezes its document, which has to be hidden. Only Chromium does.
    pub async fn freeze(&self) {
        self.ask("lifecycle", json!({ "state": "frozen" })).await;
    }

    /// Ends what [`Self::freeze`] began.
    pub async fn resume(&self) {
        self.ask("lifecycle", json!({ "state": "active" })).await;
    }

    /// What it holds on to, once everything that can be has been collected. Only Chromium tells.
    pub async fn heap(&self) -> Heap {
        let told = self.ask("heap", json!({})).await;
        serde_json::from_value(told).expect("the driver's answer has this form")
    }

    /// Milliseconds of script on the main thread in each frame, by the browser's own trace; with the last mark before it that `code`
    /// has made and whose name begins with `marks`. Only Chromium tells.
    pub async fn traced(&self, code: &str, marks: &str) -> Vec<(String, f64)> {
        told(code, self.ask("traced", json!({ "code": code, "marks": marks })).await)
    }

    /// Takes the network away from it.
    pub async fn go_offline(&self) {
        self.ask("offline", json!({ "offline": true })).await;
    }

    /// Gives the network back to it.
    pub async fn go_online(&self) {
        self.ask("offline", json!({ "offline": false })).await;
    }

    /// Goes back to the page before this one.
    pub async fn back(&self) {
        self.ask("traverse", json!({ "delta": -1 })).await;
    }

    /// Goes forward again to the page after this one.
    pub async fn forward(&self) {
        self.ask("traverse", json!({ "delta": 1 })).await;
    }

    /// Closes the tab as a person does, and waits until it is gone.
    pub async fn close(&self) {
        self.ask("close", json!({})).await;
    }

    /// What happened in it so far.
    pub async fn log(&self) -> Log {
        serde_json::from_value(self.ask("log", json!({})).await).expect("the driver's log has this form")
    }

    /// Looks at it on a screen of this size; by somebody who likes it dark, where a browser can be told so.
    pub async fn look(&self, width: u32, height: u32, dark: bool) {
        self.ask("look", json!({ "width": width, "height": height, "dark": dark })).await;
    }

    /// Asserts that axe finds nothing that keeps people out.
    ///
    /// # Panics
    /// If it does.
    pub async fn assert_accessible(&self) {
        let found: Vec<String> = told("audit", self.ask("audit", json!({})).await);
        assert!(found.is_empty(), "axe finds:\n{}", found.join("\n"));
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

/// A document inside a tab's own.
pub struct Frame<'a> {
    tab: &'a Tab<'a>,
    part: &'a str,
}

impl Frame<'_> {
    /// As [`Tab::click`].
    pub async fn click(&self, selector: &str) {
        self.ask("click", json!({ "selector": selector })).await;
    }

    /// As [`Tab::evaluate`].
    pub async fn evaluate<T: DeserializeOwned>(&self, code: &str) -> T {
        told(code, self.ask("evaluate", json!({ "code": code })).await)
    }

    /// As [`Tab::wait_until`].
    pub async fn wait_until(&self, code: &str) {
        self.ask("wait", json!({ "code": code, "timeout": millis(PATIENCE) })).await;
    }

    async fn ask(&self, command: &str, mut args: Value) -> Value {
        args["frame"] = self.part.into();
        self.tab.ask(command, args).await
    }
}

fn told<T: DeserializeOwned>(code: &str, value: Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{code} is {value}: {error}"))
}
