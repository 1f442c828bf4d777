// One tab: what can be done to it, and everything it complained about or asked the network for.

export class Tab {
  #errors = [];
  #console = [];
  #requests = [];
  #injected;
  #closed = false;

  static async open(browser, shifts) {
    const tab = new Tab();
    tab.page = await browser.newPage();
    tab.#listen();
    await tab.#watchNetwork();
    await tab.#inject(shifts);
    return tab;
  }

  isOpen() {
    return !this.#closed;
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

  async shift(ms, monotonic, shifts) {
    await this.#inject(shifts);
    await this.page.evaluate(`window.__weftShift(${ms}, { monotonic: ${monotonic} })`);
  }

  /** As a person closes a tab: with beforeunload, pagehide and what those still send. */
  async close() {
    const target = this.page.target();
    const gone = new Promise((resolve) => {
      this.page.browser().on("targetdestroyed", (other) => other === target && resolve());
    });
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

  /** Requests as the browser's network stack saw them, with the headers it added and the size of the body. */
  async #watchNetwork() {
    const session = await this.page.createCDPSession();
    const requests = new Map();
    const entry = (id) => {
      if (!requests.has(id)) requests.set(id, { method: "", url: "", headers: {}, bytes: 0, status: null, failure: null });
      return requests.get(id);
    };
    session.on("Network.requestWillBeSent", ({ requestId, request }) => {
      const bodies = request.postDataEntries ?? [];
      const bytes = bodies.reduce((sum, { bytes }) => sum + Buffer.from(bytes ?? "", "base64").length, 0);
      const seen = Object.assign(entry(requestId), { method: request.method, url: request.url, bytes });
      seen.headers = { ...lowerCased(request.headers), ...seen.headers };
      this.#requests.push(seen);
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
}

const lowerCased = (headers) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
