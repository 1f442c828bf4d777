// Moves time on inside a Node program, for `node --require`: the program itself knows nothing of it.
// Reads `shift <ms> awake` (both clocks) or `shift <ms> asleep` (only the wall clock) from stdin and
// answers `shifted` on stdout. The program ends when stdin does, so it cannot outlive its test.
"use strict";
const { performance } = require("node:perf_hooks");
const { EventEmitter } = require("node:events");
const readline = require("node:readline");
const { isMainThread } = require("node:worker_threads");

const RealDate = Date;
const realDateNow = Date.now;
const realNow = performance.now.bind(performance);
const realHrtime = process.hrtime.bind(process);
const realBigint = process.hrtime.bigint.bind(process.hrtime);
let wall = 0;
let monotonic = 0;

const now = () => realDateNow() + wall;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length ? args : [now()], newTarget),
  apply: () => new RealDate(now()).toString(),
});
RealDate.now = { now }.now;
RealDate.prototype.constructor = globalThis.Date;

performance.now = () => realNow() + monotonic;

process.hrtime = (since) => {
  let [seconds, nanoseconds] = realHrtime();
  nanoseconds += (monotonic % 1000) * 1e6;
  seconds += Math.floor(monotonic / 1000) + Math.floor(nanoseconds / 1e9);
  nanoseconds %= 1e9;
  if (!since) return [seconds, nanoseconds];
  const carry = nanoseconds < since[1] ? 1 : 0;
  return [seconds - since[0] - carry, nanoseconds - since[1] + carry * 1e9];
};
process.hrtime.bigint = () => realBigint() + BigInt(monotonic) * 1_000_000n;

// Node loads this into the thread of its module hooks as well, whose stdin is none.
const commands = isMainThread ? readline.createInterface({ input: process.stdin }) : new EventEmitter();
commands.on("line", (line) => {
  const [, ms, device] = /^shift (\d+) (awake|asleep)$/.exec(line) ?? [];
  if (ms === undefined) {
    console.error(`shift-node: cannot read "${line}"`);
    return;
  }
  wall += Number(ms);
  if (device === "awake") monotonic += Number(ms);
  console.log("shifted");
});
commands.on("close", () => process.kill(process.pid, "SIGTERM"));
