// Drives a browser of this machine for a test: one JSON command a line on stdin, one JSON answer a line on
// stdout. The browser ends when stdin does, so nothing outlives the test that started it.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import readline from "node:readline";
import * as chromium from "./chromium.mjs";
import * as firefox from "./firefox.mjs";
import { kill } from "./process.mjs";
import { Shifts } from "./shifts.mjs";
import { Tab } from "./tab.mjs";
import * as webkitgtk from "./webkitgtk.mjs";

const engines = { chromium, firefox, webkitgtk };
const shifts = new Shifts(readFileSync(new URL("./shift.js", import.meta.url), "utf8"));
const tabs = [];
/**
 * The browser that runs, if one does: its engine, puppeteer's view of it, its process, what its tabs are opened in, and
 * a tab for others to hide behind.
 */
let running;

const commands = {
  async launch({ browser: name, profile, manner }) {
    const engine = engines[name];
    running = { engine, profile, ...(await engine.start(profile, manner)) };
    running.tabs ??= running.browser;
    [running.blank] = await running.tabs.pages();
    return running.browser.version();
  },

  launchUnwatched({ browser: name, profile, url }) {
    running = { engine: engines[name], profile, ...engines[name].startUnwatched(profile, url) };
  },

  open: async () => tabs.push(await Tab.open(running, shifts)) - 1,
  clickOpening: async ({ tab, selector }) => tabs.push(await tabs[tab].clickOpening(selector, shifts)) - 1,
  duplicate: async ({ tab }) => tabs.push(await tabs[tab].duplicate(shifts)) - 1,

  goto: ({ tab, url }) => tabs[tab].goto(url),
  click: ({ tab, selector, frame }) => tabs[tab].click(selector, frame),
  press: ({ tab, selector, key }) => tabs[tab].press(selector, key),
  evaluate: ({ tab, code, frame }) => tabs[tab].in(frame).evaluate(code),
  wait: ({ tab, code, timeout, frame }) => tabs[tab].wait(code, timeout, frame),
  log: ({ tab }) => tabs[tab].log(),
  screenshot: async ({ tab, path }) => void (await tabs[tab].page.screenshot({ path })),
  look: ({ tab, width, height, dark }) => tabs[tab].look(width, height, dark),
  audit: ({ tab }) => tabs[tab].audit(),
  close: ({ tab }) => tabs[tab].close(),
  traverse: ({ tab, delta }) => tabs[tab].traverse(delta),
  discard: ({ tab }) => tabs[tab].discard(shifts),
  lifecycle: ({ tab, state }) => tabs[tab].lifecycle(state),
  heap: ({ tab }) => tabs[tab].heap(),
  traced: ({ tab, code, marks }) => tabs[tab].traced(code, marks),
  offline: ({ tab, offline }) => tabs[tab].offline(offline),

  /** Moves time on in every open tab, and in every document that is opened from now on. */
  async shift({ ms, monotonic }) {
    shifts.add(ms);
    await Promise.all(tabs.filter((tab) => tab.isOpen()).map((tab) => tab.shift(ms, monotonic, shifts)));
  },

  hide: ({ tab }) => tabs[tab].hide(running.blank),
  show: ({ tab }) => tabs[tab].show(shifts),

  async kill() {
    const { child } = forget();
    await kill(child);
  },
  quit: () => end(),
};

/** Whatever is still asked of a browser that is gone fails, with nobody there to hear it. */
process.on("unhandledRejection", (error) => {
  if (running) throw error;
});

/** The browser that was running. Its tabs are gone with it. */
function forget() {
  const was = running;
  running = undefined;
  tabs.forEach((tab) => tab.forget());
  return was;
}

/** Ends the browser as a person does; one that does not end by itself is killed. */
async function end() {
  const was = forget();
  if (!was) return;
  const { browser, child, engine, profile } = was;
  const ended = child.exitCode ?? child.signalCode ?? once(child, "close");
  const late = setTimeout(() => kill(child), 10_000);
  await browser.close().catch(() => {});
  await ended;
  clearTimeout(late);
  if (child.exitCode === 0) engine.ended?.(profile);
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

const lines = readline.createInterface({ input: process.stdin });
// Also while a command is under way, which may wait for what never comes.
lines.once("close", async () => {
  await end();
  process.exit(0);
});
for await (const line of lines) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
