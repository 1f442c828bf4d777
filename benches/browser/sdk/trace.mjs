// What a trace of the browser says of a page's main thread: its tasks, whose code ran in them, timers, interactions.

const TIMING = "blink.user_timing";
const CATEGORIES = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline", TIMING];

/** Traces the browser while `work` uses this tab. */
export async function traced(tab, work) {
  await tab.page.tracing.start({ categories: CATEGORIES });
  let buffer;
  try {
    await work();
  } finally {
    buffer = await tab.page.tracing.stop();
  }
  return JSON.parse(Buffer.from(buffer).toString()).traceEvents;
}

/** The thread of the page: it loads one of this origin, or sets the bench's marks. */
export function mainThread(events, origin) {
  const is = ({ name, cat, args }) =>
    (name === "CommitLoad" && args.data.url.startsWith(origin)) || (name === "flush" && cat === TIMING);
  const { pid, tid } = events.find(is) ?? {};
  if (pid === undefined) throw new Error(`the trace has no page of ${origin}`);
  return { pid, tid };
}

/** The events of a thread, in order. */
export function on({ pid, tid }, events) {
  const its = events.filter((event) => event.pid === pid && event.tid === tid);
  return its.sort((one, other) => one.ts - other.ts);
}

/**
 * Tasks: when they began and ended in µs, their ms of processor and by the clock, and whether the SDK may have run:
 * its code by its address, or microtasks and modules, of which a trace does not say whose they are.
 */
export function tasks(events, isSdk) {
  const all = [];
  for (const event of events) {
    if (event.name === "RunTask" && event.ph === "X") {
      const { ts, dur, tdur = dur } = event;
      // One inside another is part of it.
      if (ts < (all.at(-1)?.end ?? 0)) continue;
      all.push({ ts, end: ts + dur, cpu: tdur / 1_000, wall: dur / 1_000, sdk: false, ran: [] });
    }
    const task = all.at(-1);
    if (!task || event.ts > task.end || event.ph !== "X") continue;
    if (NOBODYS.includes(event.name) || isSdk(addressOf(event))) task.sdk = true;
    if ((event.dur ?? 0) > 500 && event.name !== "RunTask") task.ran.push(`${event.name} ${pathOf(event)}`.trim());
  }
  return all;
}

const NOBODYS = ["RunMicrotasks", "v8.evaluateModule"];

const addressOf = ({ args }) => {
  const data = args?.data ?? {};
  return data.url ?? data.scriptName ?? data.fileName ?? args?.fileName ?? "";
};

const pathOf = (event) => addressOf(event).replace(/^https?:\/\/[^/]*/, "");

/** Of each pair of marks: ms of processor and by the clock of the tasks between them. */
export function between(events, from, to) {
  const all = tasks(events, () => false);
  const at = (name) => events.filter((event) => event.name === name && event.cat === TIMING);
  const ends = at(to);
  return at(from).map(({ ts }, pair) => {
    const within = all.filter((task) => task.end > ts && task.ts < ends[pair].ts);
    return within.reduce((sum, { cpu, wall }) => ({ cpu: sum.cpu + cpu, wall: sum.wall + wall }), { cpu: 0, wall: 0 });
  });
}

/** Timers, frames and idle callbacks that have been asked for and neither came nor were given up. */
export function outstanding(events) {
  const open = new Map();
  const kinds = [
    ["timer", "timerId", "TimerInstall", "TimerFire", "TimerRemove"],
    ["frame", "id", "RequestAnimationFrame", "FireAnimationFrame", "CancelAnimationFrame"],
    ["idle", "id", "RequestIdleCallback", "FireIdleCallback", "CancelIdleCallback"],
  ];
  for (const { name, args } of events) {
    for (const [kind, id, asked, came, cancelled] of kinds) {
      const key = `${kind} ${args?.data?.[id]}`;
      if (name === asked) open.set(key, args.data.singleShot ?? true);
      if (name === cancelled || (name === came && open.get(key))) open.delete(key);
    }
  }
  return open.size;
}

const CALLBACKS = ["TimerFire", "FireAnimationFrame", "FireIdleCallback"];

/** How often the page's code was called, by timers and at all, and how many tasks there were. */
export function wakeUps(events) {
  const count = (names) => events.filter(({ name }) => names.includes(name)).length;
  return { timers: count(CALLBACKS), calls: count(["FunctionCall"]), tasks: tasks(events, () => false).length };
}

/** ms of the slowest interaction, more exactly than a page is told. */
export function slowestInteraction(events) {
  const timings = events.filter(
    ({ name, ph, args }) => name === "EventTiming" && ph === "b" && args.data.interactionId,
  );
  return Math.max(...timings.map(({ args }) => args.data.duration));
}
