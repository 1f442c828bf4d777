//! A document in one of the places: of a tab, or of a frame in it.

use serde::de::DeserializeOwned;
use support::{browser::Tab, site::PAGE};

use super::{At, Place};
use crate::sdk::scene::{IMPORT, Scene};

/// It records.
pub(super) struct Spot<'a> {
    pub(super) tab: Tab<'a>,
    scene: &'a Scene,
    place: Place,
}

const FRAMED: &str = "/page/framed";

const FLUSH: &str = "(async () => {
    for (let tries = 0; tries < 100; tries++) if (await weft.flush(200)) return true;
    return false;
})()";

impl<'a> Spot<'a> {
    /// In a new tab, with its page load acknowledged.
    pub(super) async fn open(scene: &'a Scene, place: Place) -> Self {
        let spot = Self { tab: scene.browser.open_tab().await, scene, place };
        let frame = format!("<iframe src='{}{FRAMED}'></iframe></body>", scene.site.url());
        scene.site.page("/page/outer", &PAGE.replace("</body>", &frame), &[]);
        spot.tab.goto(&spot.url()).await;
        spot.record().await;
        spot
    }

    /// The tab's own address.
    pub(super) fn url(&self) -> String {
        let site = &self.scene.site;
        match self.place.at {
            At::Localhost => format!("{}/page", site.url()),
            At::Frame => format!("{}/page/outer", site.url_of_another_site()),
            At::Name => format!("{}/page", site.url_by_name()),
        }
    }

    /// The person comes again: by a reload, or in a new tab after a while.
    pub(super) async fn again(self) -> Self {
        if !self.place.reload {
            self.tab.close().await;
            self.scene.pass(self.place.away, support::clock::Device::Awake).await;
            return Self::open(self.scene, self.place).await;
        }
        self.tab.evaluate::<()>("void setTimeout(() => location.reload())").await;
        self.wait_until("document.readyState === 'complete' && window.weft === undefined").await;
        self.record().await;
        self
    }

    async fn record(&self) {
        let start = format!("(async () => {{ {IMPORT}; {}; }})()", self.scene.init(""));
        self.evaluate::<()>(&start).await;
        self.wait_until("weft.stats().recorded > 0").await;
        self.flush().await;
    }

    pub(super) async fn flush(&self) {
        assert!(self.evaluate::<bool>(FLUSH).await, "everything is acknowledged");
    }

    pub(super) async fn event(&self, name: &str) {
        self.evaluate::<()>(&format!("void weft.event('{name}')")).await;
    }

    pub(super) async fn evaluate<T: DeserializeOwned>(&self, code: &str) -> T {
        match self.place.at {
            At::Frame => self.tab.frame(FRAMED).evaluate(code).await,
            _ => self.tab.evaluate(code).await,
        }
    }

    pub(super) async fn wait_until(&self, code: &str) {
        match self.place.at {
            At::Frame => self.tab.frame(FRAMED).wait_until(code).await,
            _ => self.tab.wait_until(code).await,
        }
    }
}
