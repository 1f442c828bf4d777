// A page in a browser context of its own, and what the browser says of it through its protocol.

/** Opens an empty page whose processor is `slower` times as slow. */
export async function openTab(browser, slower) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const cdp = await page.createCDPSession();
  // In time of the main thread's processor: what else this machine does is not the page's.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
  return new Tab(context, page, cdp, slower);
}

class Tab {
  constructor(context, page, cdp, slower) {
    Object.assign(this, { context, page, cdp, slower });
  }

  /** Another page of the same person: the same storage, nothing else. */
  async another() {
    const page = await this.context.newPage();
    const cdp = await page.createCDPSession();
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: this.slower });
    return new Tab(this.context, page, cdp, this.slower);
  }

  async goto(url) {
    await this.page.goto(url, { waitUntil: "load" });
  }

  evaluate(what, ...args) {
    return this.page.evaluate(what, ...args);
  }

  close() {
    return this.context.close();
  }

  /** ms of processor that tasks of the main thread have taken so far. */
  async taskTime() {
    return (await this.#metric("TaskDuration")) * 1_000;
  }

  /** Bytes after everything that can be has been collected: of JavaScript, and of WebAssembly's memories. */
  async heap() {
    for (let times = 0; times < 3; times++) await this.cdp.send("HeapProfiler.collectGarbage");
    const js = await this.#metric("JSHeapUsedSize");
    return { js, wasm: await this.#wasmMemory() };
  }

  /** Lets so many ms of virtual time pass, as fast as there is nothing to do. */
  async pass(budget) {
    const passed = new Promise((resolve) => this.cdp.once("Emulation.virtualTimeBudgetExpired", resolve));
    await this.cdp.send("Emulation.setVirtualTimePolicy", { policy: "pauseIfNetworkFetchesPending", budget });
    await passed;
  }

  async #metric(name) {
    const { metrics } = await this.cdp.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === name).value;
  }

  async #wasmMemory() {
    const { result } = await this.cdp.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
    const { objects } = await this.cdp.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
    const sum = "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }";
    const call = { functionDeclaration: sum, objectId: objects.objectId, returnByValue: true };
    return (await this.cdp.send("Runtime.callFunctionOn", call)).result.value;
  }
}
