// Chromium, driven through its own protocol.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { executable } from "./process.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Only what keeps the browser from talking to its maker; users have all the rest as it is. */
const FLAGS = [
  "--headless=new",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
  // A name that is not this machine's own, as far as pages are told.
  "--host-resolver-rules=MAP shop.test 127.0.0.1",
  // Lets the driver load its extension, once something is asked that only an extension can do.
  "--enable-unsafe-extension-debugging",
  // Chromium refuses its sandbox to root, which is what containers run as.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

export async function start(profile, manner) {
  if (manner === "withoutStorage") refuseStorage(profile);
  const browser = await puppeteer.launch({
    executablePath: executable(NAMES),
    // Puppeteer's own would turn off what users have: the back/forward cache, timers that are slowed in hidden tabs.
    ignoreDefaultArgs: true,
    args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    // With a pipe the browser also ends if this process is killed.
    pipe: true,
    defaultViewport: { width: 1280, height: 900 },
  });
  const tabs = manner === "private" ? await inPrivate(browser) : undefined;
  return { browser, child: browser.process(), tabs };
}

/** What the person says in the settings: no site may store anything. */
function refuseStorage(profile) {
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  mkdirSync(join(profile, "Default"), { recursive: true });
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(settings));
}

/** An incognito window. It has a tab, as any window has. */
async function inPrivate(browser) {
  const incognito = await browser.createBrowserContext();
  await incognito.newPage();
  return incognito;
}

/** With this address, and attached to none of its pages: what is keeps them from being rendered ahead of time. */
export function startUnwatched(profile, url) {
  const args = [...FLAGS, "--remote-debugging-pipe", `--user-data-dir=${profile}`, url];
  const child = spawn(executable(NAMES), args, {
    // The leader of a process group, so that all of it can be killed.
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const [, , , told, said] = child.stdio;
  said.resume();
  const close = async () => void told.write(`${JSON.stringify({ id: 1, method: "Browser.close" })}\0`);
  return { browser: { close }, child };
}

/** Runs this in every document to come, instead of what was given before. Returns what takes it back. */
export async function inject(page, script, before) {
  if (before) await page.removeScriptToEvaluateOnNewDocument(before);
  return (await page.evaluateOnNewDocument(script)).identifier;
}

/** Another tab is brought to the front, so that this one really is hidden. */
export const hide = (page, blank) => blank.bringToFront();

export async function clickInFrame(frame, selector) {
  await frame.locator(selector).setTimeout(10_000).click();
}

export async function traverse(page, delta) {
  await (delta < 0 ? page.goBack() : page.goForward());
}

/** As the browser does with tabs that nobody looks at: "frozen", and "active" again. */
export async function lifecycle(page, state) {
  const session = await page.createCDPSession();
  await session.send("Page.setWebLifecycleState", { state });
  await session.detach();
}

/** What its page holds on to, once everything that can be has been collected. */
export async function heap(page) {
  const session = await page.createCDPSession();
  await session.send("Performance.enable");
  for (let times = 0; times < 3; times++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { bytes: of("JSHeapUsedSize"), nodes: of("Nodes") };
}

/** The page that stands in its place: loaded when somebody looks at it. */
export async function discard(page) {
  return { page: await throughExtension(page, "chrome.tabs.discard(id)") };
}

export function duplicate(page) {
  return throughExtension(page, "chrome.tabs.duplicate(id)");
}

/** Does something to the only tab with this page's address; the page that comes of it. */
async function throughExtension(page, call) {
  const browser = page.browser();
  const id = await browser.installExtension(fileURLToPath(new URL("./extension", import.meta.url)));
  const target = await browser.waitForTarget(
    (target) => target.type() === "service_worker" && target.url().includes(id),
  );
  const worker = await target.worker();
  // The worker is there before what the browser gives to extensions is there.
  while ((await worker.evaluate("typeof chrome")) === "undefined");
  const come = new Promise((resolve) => {
    const look = (target) => target.type() === "page" && (browser.off("targetcreated", look), resolve(target));
    browser.on("targetcreated", look);
  });
  await worker.evaluate(`(async () => {
    const tabs = (await chrome.tabs.query({})).filter((tab) => tab.url === ${JSON.stringify(page.url())});
    if (tabs.length !== 1) throw new Error(tabs.length + " tabs with this address");
    const [{ id }] = tabs;
    await ${call};
  })()`);
  return (await come).page();
}

/** Requests as the browser's network stack saw them, with the headers it added and the size of the body. */
export async function watchRequests(page, requests) {
  const session = await page.createCDPSession();
  const seen = new Map();
  const entry = (id) => {
    if (!seen.has(id)) seen.set(id, { method: "", url: "", headers: {}, bytes: 0, status: null, failure: null });
    return seen.get(id);
  };
  session.on("Network.requestWillBeSent", ({ requestId, request, redirectResponse }) => {
    if (redirectResponse) {
      entry(requestId).status = redirectResponse.status;
      // What it is redirected to has the same id.
      seen.delete(requestId);
    }
    const bodies = request.postDataEntries ?? [];
    const bytes = bodies.reduce((sum, { bytes }) => sum + Buffer.from(bytes ?? "", "base64").length, 0);
    const sent = Object.assign(entry(requestId), { method: request.method, url: request.url, bytes });
    sent.headers = { ...lowerCased(request.headers), ...sent.headers };
    requests.push(sent);
  });
  session.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => {
    Object.assign(entry(requestId).headers, lowerCased(headers));
  });
  session.on("Network.responseReceived", ({ requestId, response }) => {
    entry(requestId).status = response.status;
  });
  session.on("Network.loadingFailed", ({ requestId, errorText }) => {
    entry(requestId).failure = errorText;
  });
  await session.send("Network.enable", { maxPostDataSize: 1 << 20 });
}

const lowerCased = (headers) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Who likes it dark says so to every page. */
export const theme = (page, dark) =>
  page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
