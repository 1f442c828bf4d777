//! An error that is thrown in a bundle as people build them: TypeScript, in one line, from another origin.

use std::{fs, path::Path, process::Stdio};

use tempfile::TempDir;
use tokio::process::Command;
use weft_collector::{
    commands::{inject_debug_ids, upload_source_maps},
    config::{Config, TEN_LINES},
};

use crate::{browser::Tab, site::Site, world::World};

/// The bundle, and where it is served. It is gone with the test.
pub struct Bundle {
    built: TempDir,
    site: Site,
}

/// An app catches an error of its bundle, and says so.
const FAILS: &str = "
    import { captureError, flush } from '/weft/index.js';
    import { checkOut } from 'BUNDLE';
    try { checkOut(); } catch (error) { captureError(error); }
    await flush();
    window.hasFailed = true;";

impl Bundle {
    /// `thrown/` as esbuild leaves it, with debug ids.
    pub async fn built() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // Maps name sources from where they are: the same on every machine.
        let built = TempDir::new_in(root.join("target")).expect("a directory");
        let mut esbuild = Command::new(root.join("node_modules/.bin/esbuild"));
        esbuild.args(["tests/support/thrown/main.ts", "--bundle", "--minify", "--sourcemap", "--format=esm"]);
        esbuild.arg("--log-level=error").arg(format!("--outdir={}", built.path().display()));
        esbuild.current_dir(root).stdin(Stdio::null());
        assert!(esbuild.status().await.expect("esbuild starts: run `cargo xtask setup`").success());
        inject_debug_ids(built.path()).expect("it has a map");
        let site = Site::start(String::new()).await;
        let script = fs::read_to_string(built.path().join("main.js")).expect("it was built");
        let headers = [("content-type", "text/javascript"), ("access-control-allow-origin", "*")];
        site.page("/assets/main.js", &script, &headers);
        Self { built, site }
    }

    /// A page of the shop runs into it.
    pub async fn fails(&self, shop: &Tab<'_>) {
        let fails = FAILS.replace("BUNDLE", &format!("{}/assets/main.js", self.site.url()));
        let added = format!(
            "document.body.append(Object.assign(document.createElement('script'), {{ type: 'module', textContent: `{fails}` }}))"
        );
        shop.evaluate::<()>(&added).await;
        shop.wait_until("window.hasFailed === true").await;
    }

    /// As `weft sourcemaps upload` does it.
    pub async fn upload(&self, world: &World) {
        let admin = world.collector.addresses().admin;
        let settings =
            Config::from_toml(&format!("admin = \"{admin}\"\n{TEN_LINES}")).expect("they are settings");
        upload_source_maps(&settings, self.built.path()).await.expect("the collector takes it");
    }
}
