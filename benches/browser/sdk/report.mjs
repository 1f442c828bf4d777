// The tables: what was measured, beside what it should be.
import { differences, median, ownDifferences, spread } from "./statistics.mjs";

/** ms above which a task of the SDK is too long. */
const LONG = 5;

/** As a Markdown table, with what the columns are called. */
const table = (head, rows) =>
  [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const round = (value, digits = 2) => value.toFixed(digits);

/** Median, and in brackets the middle half of the runs. */
const some = (values, digits) => {
  const { median, low, high } = spread(values);
  return `${round(median, digits)} (${round(low, digits)} … ${round(high, digits)})`;
};

const verdict = (isMet, said) => `${said}: ${isMet ? "met" : "**missed**"}`;

/** All of it at one speed. `runs`: what was measured of each subject, run by run. */
export function report({ none, weft, otel }, slower) {
  const each = { none, weft, otel };
  const always = [...costs(each), longestTask(each, "cpu", slower === 1), longestTask(each, "wall", false)];
  const unslowed = () => [...memory(each), ...bytes(each), ...idle(each)];
  return [
    table(["", "goal", "none", "weft", "OpenTelemetry", "result"], [...always, ...(slower === 1 ? unslowed() : [])]),
    "",
    table(
      ["", "goal", "none", "weft − none", "none − none", "OpenTelemetry − none", "result"],
      [paint("LCP, ms", "lcp", each), paint("INP, ms", "inp", each)],
    ),
    "",
    ...(slower === 1 ? longTasks(each) : []),
  ].join("\n");
}

/** What recording takes beyond what the same page takes without: run by run, for neighbours in time. */
const beyond = (subject, none, what) => subject.map((run, at) => run[what] - none[at][what]);

const costs = ({ none, weft, otel }) =>
  [
    ["main thread, µs an event with export", "perEvent", "≤ ⅓ of OpenTelemetry"],
    [`main thread, ms a flush of 200 events`, "flush", "–"],
  ].map(([title, what, goal]) => {
    const [ours, theirs] = [beyond(weft, none, what), beyond(otel, none, what)];
    const ratio = median(ours) / median(theirs);
    const said = `${round(ratio)} of OpenTelemetry`;
    const result = goal === "–" ? said : verdict(ratio <= 1 / 3, said);
    return [title, goal, some(none.map((run) => run[what])), `+ ${some(ours)}`, `+ ${some(theirs)}`, result];
  });

const longestOf = (run, what, tasks = run.tasks) => Math.max(0, ...tasks.map((task) => task[what]));

/** By the processor's time it is judged: by the clock a task also waits for whatever else this machine does. */
const longestTask = ({ none, weft, otel }, what, isGoal) => {
  const plain = some(
    none.map((run) => longestOf(run, what)),
    1,
  );
  const cell = (runs) =>
    `${some(
      runs.map((run) => longestOf(run, what)),
      1,
    )}; SDK's ${some(
      runs.map((run) => ofSdk(run, what)),
      1,
    )}`;
  const over = (runs) => runs.flatMap((run) => run.tasks).filter((task) => task.sdk && task[what] > LONG).length;
  const said = `over ${LONG} ms in ${weft.length} runs: ${over(weft)}, without SDK ${over(none)}, OpenTelemetry ${over(otel)}`;
  const title = `longest task, ms ${what === "cpu" ? "of processor" : "by the clock"}`;
  const result = isGoal ? verdict(over(weft) <= over(none), said) : said;
  return [title, isGoal ? `SDK's ≤ ${LONG}` : "–", plain, cell(weft), cell(otel), result];
};

const ofSdk = (run, what) =>
  longestOf(
    run,
    what,
    run.tasks.filter(({ sdk }) => sdk),
  );

const kib = (values) =>
  some(
    values.map((value) => value / 1024),
    1,
  );

const memory = (each) => {
  const cells = (what) => Object.values(each).map((runs) => kib(runs.map((run) => run.heap[what])));
  return [
    ["JavaScript heap after GC, KiB", "–", ...cells("js"), ""],
    ["WebAssembly memory, KiB", "–", ...cells("wasm"), ""],
  ];
};

const bytes = ({ none, weft, otel }) => {
  const row = (title, of, digits) => {
    const ratio = median(weft.map(of)) / median(otel.map(of));
    const cells = [none, weft, otel].map((runs) => some(runs.map(of), digits));
    return [title, "–", ...cells, `${round(ratio)} of OpenTelemetry`];
  };
  return [
    row("sent in the visit, bytes with headers", (run) => run.sent.bytes, 0),
    row("requests of the visit", (run) => run.sent.requests, 0),
    row("sent for an event of the loop, bytes with headers", (run) => run.bytes, 1),
  ];
};

const idle = ({ none, weft, otel }) => {
  const row = (title, what, goal) => {
    const most = (runs) => Math.max(...runs.map((run) => run.idle[what]));
    if (goal === "–")
      return [
        title,
        goal,
        ...[none, weft, otel].map((runs) =>
          some(
            runs.map((run) => run.idle[what]),
            0,
          ),
        ),
        "",
      ];
    return [title, goal, ...[none, weft, otel].map(most), verdict(most(weft) === 0, most(weft))];
  };
  return [
    row("timers, frames, idle callbacks outstanding when idle", "left", "0"),
    row("of these called in an idle hour", "timers", "0"),
    row("calls of the page's code in an idle hour", "calls", "0"),
    row("tasks of the main thread in an idle hour, the browser's own too", "tasks", "–"),
  ];
};

/** Shifts between all pairs of runs; the goal is that ours is not to be told from the page's own unrest, if not faster. */
const paint = (title, what, { none, weft, otel }) => {
  const of = (runs) => runs.map((run) => run[what]);
  const [ours, theirs] = [differences(of(weft), of(none)), differences(of(otel), of(none))];
  const own = ownDifferences(of(none));
  const shift = median(ours);
  const cells = [of(none), ours, own, theirs].map((values) => some(values, 1));
  return [title, "within none − none", ...cells, verdict(shift <= spread(own).high, round(shift, 1))];
};

/** What ran for long, by subject: the longest tasks of all runs, and what of them took more than half a millisecond. */
const longTasks = (each) =>
  ["weft", "otel"].map((subject) => {
    const all = each[subject].flatMap((run) => run.tasks).filter(({ sdk, cpu }) => sdk && cpu > LONG);
    const longest = all.sort((one, other) => other.cpu - one.cpu).slice(0, 5);
    const told = longest.map(({ cpu, ran }) => `${round(cpu, 1)} ms (${[...new Set(ran)].join(", ")})`);
    return `Longest tasks with code of ${subject} in them: ${told.join("; ") || `none over ${LONG} ms`}.\n`;
  });
