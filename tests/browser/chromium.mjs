// Chromium, driven through its own protocol.
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
  // Chromium refuses its sandbox to root, which is what containers run as.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

export async function start(profile) {
  const browser = await puppeteer.launch({
    executablePath: executable(NAMES),
    // Puppeteer's own would turn off what users have: the back/forward cache, timers that are slowed in hidden tabs.
    ignoreDefaultArgs: true,
    args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    // With a pipe the browser also ends if this process is killed.
    pipe: true,
    defaultViewport: { width: 1280, height: 900 },
  });
  return { browser, child: browser.process() };
}

export async function traverse(page, delta) {
  await (delta < 0 ? page.goBack() : page.goForward());
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
