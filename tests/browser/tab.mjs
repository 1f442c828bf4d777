// One tab: what can be done to it, and everything it complained about or asked the network for.

export class Tab {
  #engine;
  #errors = [];
  #console = [];
  #requests = [];
  #injected;
  #closed = false;

  static async open({ engine, browser }, shifts) {
    const tab = new Tab();
    tab.#engine = engine;
    tab.page = await browser.newPage();
    tab.#listen();
    await engine.watchRequests(tab.page, tab.#requests);
    await tab.#inject(shifts);
    return tab;
  }

  isOpen() {
    return !this.#closed;
  }

  /** Its browser is gone. */
  forget() {
    this.#closed = true;
  }

  async goto(url) {
    const response = await this.page.goto(url, { waitUntil: "load" });
    return response?.status() ?? null;
  }

  /** A press by real input events: scrolled into view, hit-tested, trusted. */
  async click(selector) {
    await this.page.locator(selector).setTimeout(10_000).click();
  }

  /** A press of a key by real input events. */
  async press(selector, key) {
    await this.page.focus(selector);
    await this.page.keyboard.press(key);
  }

  async wait(code, timeout) {
    await this.page.waitForFunction(code, { timeout, polling: 20 });
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
    return { errors: this.#errors, console: this.#console, requests: this.#requests };
  }

  async #inject(shifts) {
    if (this.#injected) await this.page.removeScriptToEvaluateOnNewDocument(this.#injected);
    const { identifier } = await this.page.evaluateOnNewDocument(shifts.script());
    this.#injected = identifier;
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
