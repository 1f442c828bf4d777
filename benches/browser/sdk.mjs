// What the SDK costs a page, beside OpenTelemetry's: the same visit in Chromium without an SDK, with weft, and with
// OpenTelemetry, in turns. `cargo xtask bench sdk` builds what it needs and runs:
//
//     node benches/browser/sdk.mjs <weft> <runs>
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SUBJECTS = ["none", "weft", "otel"];
const SPEEDS = [
  { slower: 1, events: 100_000, flushes: 50 },
  // What takes six times as long is measured on fewer; all runs together still have enough.
  { slower: 6, events: 20_000, flushes: 20 },
];

const LEGEND = `Median of the runs (and their middle half). Times of the main thread are its processor's unless it says otherwise; what
OpenTelemetry and weft take is beyond what the page takes without. A task is the SDK's if its code, microtasks or the
start of a module were in it, so the page's own handlers are too where an SDK wraps them.
`;

/** Everything of npm's is imported here, so that what is missing has one place to be explained. */
async function parts() {
  try {
    const names = ["../../tests/browser/chromium.mjs", "./sdk/bundle.mjs", "./sdk/measure.mjs", "./sdk/report.mjs"];
    const [chromium, bundle, measure, report] = await Promise.all(names.map((name) => import(name)));
    const otel = await bundle.bundleOtel();
    return { ...chromium, ...bundle, ...measure, ...report, otel };
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND" && !error.errors) throw error;
    throw new Error(`an npm package is missing: run \`cargo xtask setup\` (${error.message.split("\n")[0]})`);
  }
}

async function main([weft, runs]) {
  const { start, otel, measure, report, otelVersions } = await parts();
  const { Site } = await import("./sdk/site.mjs");
  const { startCollector } = await import("./sdk/collector.mjs");
  const folder = mkdtempSync(join(tmpdir(), "weft-bench-"));
  // Also after Ctrl-C, which ends the browser and the collector as well.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const stops = [];
  try {
    const site = new Site(otel);
    await site.start();
    stops.push(() => site.stop());
    const collector = await startCollector(weft, site.origin, folder);
    stops.push(collector.stop);
    site.collector = collector.address;
    const { browser } = await start(join(folder, "profile"));
    stops.push(() => browser.close());
    console.log(`${await browser.version()}; ${otelVersions()}\n`);
    console.log(LEGEND);
    for (const speed of SPEEDS) {
      const measured = await rounds(Number(runs), (subject) => measure({ browser, site }, subject, speed));
      const slower = speed.slower === 1 ? "As fast as this machine is" : `${speed.slower} times slower`;
      console.log(`## ${slower}\n\n${report(measured, speed.slower)}`);
    }
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** ms after which what is awaited will not come any more. */
const PATIENCE = 900_000;

async function inTime(work, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not ended in ${PATIENCE / 60_000} minutes`)), PATIENCE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Each subject in turn, so that what else the machine does meets all of them. */
async function rounds(runs, measureOne) {
  const measured = Object.fromEntries(SUBJECTS.map((subject) => [subject, []]));
  for (let run = 1; run <= runs; run++) {
    for (const subject of SUBJECTS) {
      process.stderr.write(`run ${run} of ${runs}: ${subject}\n`);
      measured[subject].push(await inTime(measureOne(subject), `measuring ${subject}`));
    }
  }
  return measured;
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
