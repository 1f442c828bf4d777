// A page under WebDriver, with as much of puppeteer's interface as tab.mjs uses.

/** A session with the driver that listens, or is about to, at this address. */
export async function session(address, browserName) {
  const call = async (method, path, body) => {
    const answer = await fetch(address + path, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  };
  const asked = { capabilities: { alwaysMatch: { browserName } } };
  const { sessionId, capabilities } = await untilItListens(() => call("POST", "/session", asked));
  const path = `/session/${sessionId}`;
  return {
    version: `${capabilities.browserName}/${capabilities.browserVersion}`,
    get: (what) => call("GET", path + what),
    post: (what, body = {}) => call("POST", path + what, body),
    delete: (what) => call("DELETE", path + what),
    end: () => call("DELETE", path),
  };
}

/** It does not say when it listens. */
async function untilItListens(connect) {
  for (const end = Date.now() + 10_000; ;) {
    try {
      return await connect();
    } catch (error) {
      if (error.cause?.code !== "ECONNREFUSED" || Date.now() > end) throw error;
      await new Promise(setImmediate);
    }
  }
}

export class Page {
  #driver;
  #handle;
  #closed;

  constructor(driver, handle) {
    this.#driver = driver;
    this.#handle = handle;
  }

  async goto(url) {
    await this.#post("/url", { url });
    // WebDriver tells no status. Where the engine tells none either, an answer is all that is known.
    const status = await this.evaluate("performance.getEntriesByType('navigation')[0]?.responseStatus ?? 200");
    return { status: () => status };
  }

  async evaluate(code) {
    const script = `const [told] = arguments;
      (async () => (${code}))().then((value) => told({ value }), (error) => told({ error: String(error?.stack ?? error) }))`;
    const { value, error } = await this.#post("/execute/async", { script, args: [] });
    if (error) throw new Error(error);
    return value;
  }

  async waitForFunction(code, { timeout }) {
    for (const end = Date.now() + timeout; !(await this.evaluate(code).catch(() => false));) {
      if (Date.now() > end) throw new Error(`waiting failed: ${timeout} ms exceeded`);
    }
  }

  locator(selector) {
    const click = async () => void (await this.#post(`/element/${await this.#element(selector)}/click`));
    return { setTimeout: () => ({ click }) };
  }

  async focus(selector) {
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
  }

  get keyboard() {
    const keys = { Enter: "\uE007" };
    const active = async () => Object.values(await this.#get("/element/active"))[0];
    return {
      press: async (key) => void (await this.#post(`/element/${await active()}/value`, { text: keys[key] ?? key })),
    };
  }

  async openAnother() {
    const { handle } = await this.#post("/window/new", { type: "window" });
    return new Page(this.#driver, handle);
  }

  async traverse(delta) {
    await this.#post(delta < 0 ? "/back" : "/forward");
  }

  async minimize() {
    await this.#post("/window/minimize");
  }

  /** A window that is given a place is there again. */
  async bringToFront() {
    await this.#post("/window/rect", { width: 1280, height: 900 });
  }

  async close() {
    await this.#chosen();
    await this.#driver.delete("/window");
    this.#closed?.();
  }

  /** Of what happens in it, WebDriver tells nothing. */
  on() {}

  once(event, heard) {
    if (event === "close") this.#closed = heard;
  }

  async #element(selector) {
    return Object.values(await this.#post("/element", { using: "css selector", value: selector }))[0];
  }

  async #chosen() {
    await this.#driver.post("/window", { handle: this.#handle });
  }

  async #get(what) {
    await this.#chosen();
    return this.#driver.get(what);
  }

  async #post(what, body) {
    await this.#chosen();
    return this.#driver.post(what, body);
  }
}
