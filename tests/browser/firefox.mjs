// Firefox as it is installed, driven through WebDriver BiDi.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import readline from "node:readline";
import puppeteer from "puppeteer-core";
import { executable } from "./process.mjs";

const NAMES = ["firefox-esr", "firefox"];

/**
 * Started by hand: puppeteer, and Firefox itself once it is driven, would change how it treats pages and people
 * (cookies, pop-ups, tracking protection, focus). Users have all of that as it is.
 */
const PREFERENCES = {
  "remote.prefs.recommended": false,

  // What keeps it from talking to its maker.
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.newtabpage.activity-stream.testing.shouldInitializeFeeds": false,
  "browser.region.network.url": "",
  "browser.safebrowsing.blockedURIs.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.search.update": false,
  "browser.topsites.contile.enabled": false,
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "datareporting.usage.uploadEnabled": false,
  "dom.push.connection.enabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "extensions.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "security.remote_settings.intermediates.enabled": false,
  "services.settings.server": "data:,#nowhere",

  // What it would ask a person who starts it for the first time, or after it was killed.
  "browser.aboutwelcome.enabled": false,
  "browser.preonboarding.enabled": false,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionPolicyBypassNotification": true,
  "toolkit.startup.max_resumed_crashes": -1,

  // A press within the first moments of a page is ignored as an accident. People take longer than drivers.
  "dom.input_events.security.minNumTicks": 0,
  "dom.input_events.security.minTimeElapsedInMS": 0,
};

export async function start(profile) {
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, "user.js"), lines.join(""));
  const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "about:blank"];
  const child = spawn(executable(NAMES), args, {
    // The leader of a process group, so that all of it can be killed.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    // Without this, releases ask for settings where they always do.
    env: { ...process.env, MOZ_REMOTE_SETTINGS_DEVTOOLS: "1" },
  });
  const endpoint = await listening(child);
  const browser = await puppeteer.connect({
    browserWSEndpoint: `${endpoint}/session`,
    protocol: "webDriverBiDi",
    defaultViewport: { width: 1280, height: 900 },
  });
  return { browser, child };
}

/** Where it says that it listens. What it says later is read and not kept. */
async function listening(child) {
  const said = [];
  for await (const line of readline.createInterface({ input: child.stderr })) {
    const [, endpoint] = /^WebDriver BiDi listening on (ws:\S+)$/.exec(line) ?? [];
    if (endpoint) {
      child.stderr.resume();
      return endpoint;
    }
    said.push(line);
  }
  throw new Error(`Firefox ended before it listened:\n${said.join("\n")}`);
}

/** Puppeteer would wait for a load event, which a page from the back/forward cache does not have. */
export async function traverse(page, delta) {
  await send(page, "browsingContext.traverseHistory", { context: contextOf(page), delta });
}

/** Requests as the protocol tells them: puppeteer's own events say nothing of the size of a body. */
export async function watchRequests(page, requests) {
  const seen = new Map();
  const { connection } = page.browser();
  const on = (event, look) =>
    connection.on(`network.${event}`, (told) => {
      if (page.frames().some((frame) => frame._id === told.context)) look(told, keyOf(told));
    });
  on("beforeRequestSent", ({ request }, key) => {
    const headers = Object.fromEntries(request.headers.map(({ name, value }) => [name.toLowerCase(), value.value]));
    // The size that is told counts characters; the header is there whenever there is a body of a known size.
    const bytes = Number(headers["content-length"] ?? request.bodySize ?? 0);
    const sent = { method: request.method, url: request.url, headers, bytes, status: null, failure: null };
    seen.set(key, sent);
    requests.push(sent);
  });
  on("responseStarted", ({ response }, key) => Object.assign(seen.get(key) ?? {}, { status: response.status }));
  on("fetchError", ({ errorText }, key) => Object.assign(seen.get(key) ?? {}, { failure: errorText }));
}

/** What a request is redirected to has the same id. */
const keyOf = ({ request, redirectCount }) => `${request.request} ${redirectCount}`;

const contextOf = (page) => page.mainFrame()._id;

const send = (page, method, params) => page.browser().connection.send(method, params);
