// Drives the browser of this machine for a test: one JSON command a line on stdin, one JSON answer a line
// on stdout. The browser ends when stdin does, so nothing outlives the test that started it.
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import readline from "node:readline";
import puppeteer from "puppeteer-core";
import { Shifts } from "./shifts.mjs";
import { Tab } from "./tab.mjs";

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

const shifts = new Shifts(readFileSync(new URL("./shift.js", import.meta.url), "utf8"));
const tabs = [];
let browser;

const commands = {
  async launch() {
    browser = await puppeteer.launch({
      executablePath: executable(),
      ignoreDefaultArgs: true,
      args: [...FLAGS, "about:blank"],
      // With a pipe the browser also ends if this process is killed.
      pipe: true,
      defaultViewport: { width: 1280, height: 900 },
    });
    return browser.version();
  },

  async open() {
    const tab = await Tab.open(browser, shifts);
    return tabs.push(tab) - 1;
  },

  goto: ({ tab, url }) => tabs[tab].goto(url),
  click: ({ tab, selector }) => tabs[tab].click(selector),
  press: ({ tab, selector, key }) => tabs[tab].press(selector, key),
  evaluate: ({ tab, code }) => tabs[tab].page.evaluate(code),
  wait: ({ tab, code, timeout }) => tabs[tab].wait(code, timeout),
  log: ({ tab }) => tabs[tab].log(),
  screenshot: async ({ tab, path }) => void (await tabs[tab].page.screenshot({ path })),
  close: ({ tab }) => tabs[tab].close(),
  back: async ({ tab }) => void (await tabs[tab].page.goBack()),

  /** Moves time on in every open tab, and in every document that is opened from now on. */
  async shift({ ms, monotonic }) {
    shifts.add(ms);
    await Promise.all(tabs.filter((tab) => tab.isOpen()).map((tab) => tab.shift(ms, monotonic, shifts)));
  },

  /** Brings another tab to the front, so that this one really is hidden; then back. */
  async hide({ tab }) {
    const [other] = await browser.pages();
    await other.bringToFront();
    await tabs[tab].wait("document.visibilityState === 'hidden'", 10_000);
  },
  async show({ tab }) {
    await tabs[tab].page.bringToFront();
    await tabs[tab].wait("document.visibilityState === 'visible'", 10_000);
  },

  quit: () => end(),
};

/** The Chromium of this machine; `cargo xtask setup` installs it. */
function executable() {
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (!found) throw new Error("there is no Chromium on the search path: run `cargo xtask setup`");
  return found;
}

async function answer(line) {
  const { id, command, ...args } = JSON.parse(line);
  try {
    const value = await commands[command](args);
    return { id, value: value ?? null };
  } catch (error) {
    return { id, error: String(error?.stack ?? error) };
  }
}

/** Ends the browser and its profile; a browser that does not end by itself is killed. */
async function end() {
  const killed = setTimeout(() => browser?.process()?.kill("SIGKILL"), 5_000);
  await browser?.close().catch(() => {});
  clearTimeout(killed);
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
await end();
process.exit(0);
