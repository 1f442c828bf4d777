// What following callbacks costs: nanoseconds a call that `setTimeout`, `requestAnimationFrame` and `queueMicrotask` take
// longer, handing over and running, with `followCallbacks()` than without. Run by hand, after `cargo xtask wasm`:
//
//     node benches/browser/callbacks.mjs [runs]
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import puppeteer from "puppeteer-core";

const RUNS = Number(process.argv[2] ?? 20);
const dist = new URL("../../wasm-sdk/dist/", import.meta.url);

const server = createServer(async (request, response) => {
  const name = request.url.slice(1);
  if (name === "") return response.setHeader("content-type", "text/html").end("<!doctype html><title>bench</title>");
  const body = await readFile(new URL(name, dist)).catch(() => undefined);
  response
    .writeHead(body ? 200 : 404, { "content-type": name.endsWith(".wasm") ? "application/wasm" : "text/javascript" })
    .end(body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}/`;

const browser = await puppeteer.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless=new", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-background-networking"],
});

/** Mean ns a call of handing over and running, for microtasks and for messages. */
const measure = async (follow) => {
  const page = await browser.newPage();
  await page.goto(origin);
  const result = await page.evaluate(async (follow) => {
    const { init } = await import("/index.js");
    const { followCallbacks } = await import("/captures.js");
    init({ key: "k", endpoint: "/nowhere", capture: follow ? [followCallbacks()] : [], storage: "memory" });
    const CALLS = 200_000;
    const microtasks = async () => {
      const from = performance.now();
      for (let at = 0; at < CALLS; at++) queueMicrotask(() => {});
      await null;
      return ((performance.now() - from) * 1e6) / CALLS;
    };
    const timers = async () => {
      const from = performance.now();
      let left = CALLS / 10;
      await new Promise((resolve) => {
        for (let at = 0; at < CALLS / 10; at++) setTimeout(() => --left || resolve(), 0);
      });
      return ((performance.now() - from) * 1e6) / (CALLS / 10);
    };
    await microtasks();
    await timers();
    return { microtask: await microtasks(), timer: await timers() };
  }, follow);
  await page.close();
  return result;
};

const with_ = [];
const without = [];
for (let run = 0; run < RUNS; run++) {
  without.push(await measure(false));
  with_.push(await measure(true));
}
const median = (values) => values.sort((one, other) => one - other)[values.length >> 1];
for (const name of ["microtask", "timer"]) {
  const [plain, followed] = [median(without.map((run) => run[name])), median(with_.map((run) => run[name]))];
  console.log(
    `${name}: ${plain.toFixed(0)} ns without, ${followed.toFixed(0)} ns with: ${(followed - plain).toFixed(0)} ns a call`,
  );
}
await browser.close();
server.close();
