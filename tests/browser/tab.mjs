// One tab: what can be done to it, and everything it complained about or asked the network for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { CATEGORIES, scriptByFrame } from "./trace.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export class Tab {
  #engine;
  #errors = [];
  #console = [];
  #requests = [];
  #injected;
  #closed = false;
  #discarded;

  static async open({ engine, tabs }, shifts) {
    return Tab.of(engine, await tabs.newPage(), shifts);
  }

  static async of(engine, page, shifts) {
    const tab = new Tab();
    tab.#engine = engine;
    await tab.#adopt(page, shifts);
    return tab;
  }

  isOpen() {
    return !this.#closed && !this.#discarded;
  }

  /** Its browser is gone. */
  forget() {
    this.#closed = true;
  }

  async goto(url) {
    const response = await this.page.goto(url, { waitUntil: "load" });
    return response?.status() ?? null;
  }

  /** The tab's own document, or that of the frame whose address has this in it. */
  in(frame) {
    if (frame === undefined) return this.page;
    const found = this.page.frames().find((other) => other.url().includes(frame));
    if (!found) throw new Error(`there is no frame ${frame} among ${this.page.frames().map((other) => other.url())}`);
    return found;
  }

  /** A press by real input events: scrolled into view, hit-tested, trusted. */
  async click(selector, frame) {
    if (frame === undefined) await this.page.locator(selector).setTimeout(10_000).click();
    else await this.#engine.clickInFrame(this.in(frame), selector);
  }

  /** A press that opens another tab. */
  async clickOpening(selector, shifts) {
    const [page] = await Promise.all([
      new Promise((resolve) => this.page.once("popup", resolve)),
      this.click(selector),
    ]);
    return Tab.of(this.#engine, page, shifts);
  }

  async duplicate(shifts) {
    return Tab.of(this.#engine, await this.#engine.duplicate(this.page), shifts);
  }

  /** A press of a key by real input events. */
  async press(selector, key) {
    await this.page.focus(selector);
    await this.page.keyboard.press(key);
  }

  /** On a screen of this size, by somebody who likes it light or dark. */
  async look(width, height, dark) {
    await this.page.setViewport({ width, height });
    await this.#engine.theme(this.page, dark);
  }

  /** What axe finds wrong with it for people who cannot see, hear or point. */
  async audit() {
    // As an expression: a page may let no script in.
    await this.page.evaluate(`${readFileSync(AXE, "utf8")};undefined`);
    return this.page
      .evaluate(`axe.run().then(({ passes, violations }) => passes.length < 10 ? ["axe has looked at nothing"] : violations.map(({ id, help, nodes }) => \`\${id}: \${help}: \${nodes
      .map(({ target, failureSummary }) => \`\${target} \${failureSummary}\`).join(" | ")}\`))`);
  }

  async wait(code, timeout, frame) {
    await this.in(frame).waitForFunction(code, { timeout, polling: 20 });
  }

  async hide(blank) {
    await this.#engine.hide(this.page, blank);
    await this.wait("document.visibilityState === 'hidden'", 10_000);
  }

  async show(shifts) {
    if (this.#discarded?.load) await this.#adopt(await this.#discarded.load(), shifts);
    else await this.#inject(shifts).then(() => this.page.bringToFront());
    this.#discarded = undefined;
    await this.wait("document.visibilityState === 'visible'", 10_000);
  }

  /** The browser takes its document away; the tab stays. */
  async discard(shifts) {
    this.#discarded = await this.#engine.discard(this.page);
    if (this.#discarded.page) await this.#adopt(this.#discarded.page, shifts);
  }

  heap() {
    return this.#engine.heap(this.page);
  }

  /** What script took of the main thread in each frame while this ran, by its marks. */
  async traced(code, marks) {
    const { tracing } = this.page;
    await tracing.start({ categories: CATEGORIES });
    await this.page.evaluate(code);
    const trace = await tracing.stop();
    return scriptByFrame(JSON.parse(new TextDecoder().decode(trace)), marks);
  }

  async lifecycle(state) {
    await this.#engine.lifecycle(this.page, state);
  }

  async offline(offline) {
    await this.page.setOfflineMode(offline);
  }

  async traverse(delta) {
    await this.#engine.traverse(this.page, delta);
  }

  async shift(ms, monotonic, shifts) {
    await this.#inject(shifts);
    await this.page.evaluate(`window.__weftShift(${ms}, { monotonic: ${monotonic} })`);
  }

  /** As a person closes a tab: with beforeunload, pagehide and what those still send. */
  async close() {
    const gone = new Promise((resolve) => this.page.once("close", resolve));
    await this.page.close({ runBeforeUnload: true });
    await gone;
    this.#closed = true;
  }

  log() {
    if (this.#engine.tellsNothing) throw new Error("this browser tells nothing of requests and errors");
    return { errors: this.#errors, console: this.#console, requests: this.#requests };
  }

  async #adopt(page, shifts) {
    this.page = page;
    this.#injected = undefined;
    this.#listen();
    await this.#engine.watchRequests(page, this.#requests);
    await this.#inject(shifts);
  }

  async #inject(shifts) {
    this.#injected = await this.#engine.inject(this.page, shifts.script(), this.#injected);
  }

  #listen() {
    this.page.on("pageerror", (error) => this.#errors.push(String(error?.stack ?? error)));
    this.page.on("console", (message) => {
      const text = `${message.type()}: ${message.text()}`;
      this.#console.push(text);
      if (message.type() === "error") this.#errors.push(`${text} (${message.location()?.url ?? "?"})`);
    });
  }
}
