// Firefox as it is installed, driven through WebDriver BiDi.
import { spawn } from "node:child_process";
import { cpSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { executable, orKill } from "./process.mjs";

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

  // A name that is not this machine's own, as far as pages are told.
  "network.dns.localDomains": "shop.test",

  // A press within the first moments of a page is ignored as an accident. People take longer than drivers.
  "dom.input_events.security.minNumTicks": 0,
  "dom.input_events.security.minTimeElapsedInMS": 0,
};

/**
 * When a process loses its last tab, Firefox aborts what still runs in it, a `pagehide` listener in the midst of its
 * work: whether that gets to send anything is a race, which a busy machine loses. Tests of what a listener does need
 * it to come to its end. What users have is weaker than that.
 */
const PATIENT = { "dom.abort_script_on_child_shutdown": false };

/** What is different in other ways to use it. */
const MANNERS = {
  usual: PATIENT,
  asPeopleHaveIt: {},
  // As with "Never remember history": every window is a private one.
  private: { ...PATIENT, "browser.privatebrowsing.autostart": true },
  // As with "Block all cookies".
  withoutStorage: { ...PATIENT, "network.cookie.cookieBehavior": 2 },
};

/**
 * What it compiles of itself when it is first started, which takes longer than all the rest: kept from one profile to the next, as
 * every start of a person but the first one has it. Firefox makes it anew by itself if it is another release.
 */
const COMPILED = ["compatibility.ini", "startupCache"];
const KEPT = fileURLToPath(new URL("../../target/firefox-startup", import.meta.url));

const copyCompiled = (from, to) => {
  for (const name of COMPILED) cpSync(join(from, name), join(to, name), { recursive: true });
};

/** A browser with this profile has ended by itself. */
export function ended(profile) {
  if (existsSync(KEPT) || !COMPILED.every((name) => existsSync(join(profile, name)))) return;
  const own = `${KEPT}.${process.pid}`;
  copyCompiled(profile, own);
  try {
    renameSync(own, KEPT);
  } catch {
    // Another one was faster.
    rmSync(own, { recursive: true });
  }
}

export async function start(profile, manner) {
  if (existsSync(KEPT) && !existsSync(join(profile, COMPILED[0]))) copyCompiled(KEPT, profile);
  const preferences = { ...PREFERENCES, ...MANNERS[manner] };
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, "user.js"), lines.join(""));
  const args = [
    "--headless",
    "--no-remote",
    "--profile",
    profile,
    "--remote-debugging-port=0",
    // Lets the driver discard and duplicate tabs, which only the browser's own code can do.
    "--remote-allow-system-access",
    "about:blank",
  ];
  const child = spawn(executable(NAMES), args, {
    // The leader of a process group, so that all of it can be killed.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    // Without this, releases ask for settings where they always do.
    env: { ...process.env, MOZ_REMOTE_SETTINGS_DEVTOOLS: "1" },
  });
  const endpoint = await listening(child);
  const connected = puppeteer.connect({
    browserWSEndpoint: `${endpoint}/session`,
    protocol: "webDriverBiDi",
    defaultViewport: { width: 1280, height: 900 },
  });
  const browser = await orKill(child, connected);
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

const injected = new WeakMap();

/** Runs this in every document to come, in whatever tab, instead of what was given before. */
export async function inject(page, script) {
  const browser = page.browser();
  const before = injected.get(browser);
  // All tabs ask for it at once, and it is done once.
  if (before?.script !== script) injected.set(browser, { script, id: replace(page, script, before) });
  await injected.get(browser).id;
}

async function replace(page, script, before) {
  if (before) await send(page, "script.removePreloadScript", { script: await before.id });
  const { result } = await send(page, "script.addPreloadScript", { functionDeclaration: `() => {${script}}` });
  return result.script;
}

/** Another tab is brought to the front, so that this one really is hidden. */
export const hide = (page, blank) => blank.bringToFront();

/** Puppeteer gives the top document a press that is for another process, where it never arrives. */
export async function clickInFrame(frame, selector) {
  const element = (await frame.waitForSelector(selector, { visible: true, timeout: 10_000 })).remoteValue();
  const origin = { type: "element", element: { sharedId: element.sharedId } };
  const press = [
    { type: "pointerMove", x: 0, y: 0, origin },
    { type: "pointerDown", button: 0 },
    { type: "pointerUp", button: 0 },
  ];
  const actions = [{ type: "pointer", id: "mouse of a frame", actions: press }];
  await send(frame.page(), "input.performActions", { context: frame._id, actions });
}

/** Puppeteer would wait for a load event, which a page from the back/forward cache does not have. */
export async function traverse(page, delta) {
  await send(page, "browsingContext.traverseHistory", { context: contextOf(page), delta });
}

export function lifecycle() {
  throw new Error("Firefox freezes no pages");
}

/** As the browser does when memory runs low: nothing is left of the tab that could be driven until it is looked at. */
export async function discard(page) {
  const gone = new Promise((resolve) => page.once("close", resolve));
  const url = page.url();
  const tab = onlyTab(url);
  await inBrowser(page, `if (!gBrowser.discardBrowser(${tab}, true)) throw new Error("refused")`);
  await gone;
  return { load: () => comeOf(page, url, `gBrowser.selectedTab = ${tab}`) };
}

export function duplicate(page) {
  const url = page.url();
  return comeOf(page, url, `gBrowser.selectedTab = gBrowser.duplicateTab(${onlyTab(url)})`);
}

/**
 * Runs this in the browser's own window; the page with this address that comes of it, loaded. Before that there is an
 * empty document in its place, whose `location` can already be the page's.
 */
async function comeOf(page, url, code) {
  const browser = page.browser();
  const come = new Promise((resolve) => browser.once("targetcreated", resolve));
  const loaded = new Promise((resolve) => {
    const look = (told) => told.url === url && (browser.connection.off("browsingContext.load", look), resolve());
    browser.connection.on("browsingContext.load", look);
  });
  await inBrowser(page, code);
  await loaded;
  return (await come).page();
}

const onlyTab = (url) => `(() => {
  const tabs = gBrowser.tabs.filter((tab) => tab.linkedBrowser.currentURI.spec === ${JSON.stringify(url)});
  if (tabs.length !== 1) throw new Error(tabs.length + " tabs with this address");
  return tabs[0];
})()`;

/** Runs this in the browser's own window. */
async function inBrowser(page, code) {
  const tree = await send(page, "browsingContext.getTree", { "moz:scope": "chrome", maxDepth: 0 });
  const [{ context }] = tree.result.contexts;
  const expression = `void (() => { ${code} })()`;
  const { result } = await send(page, "script.evaluate", { expression, target: { context }, awaitPromise: true });
  if (result.type !== "success") throw new Error(result.exceptionDetails.text);
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

/** Who likes it dark says so to every page, as in the settings under "Website appearance". */
export const theme = (page, dark) =>
  inBrowser(page, `Services.prefs.setIntPref("layout.css.prefers-color-scheme.content-override", ${dark ? 0 : 1})`);
