// What the browser's own trace says of the main thread of a page.

/** What a trace has of script, on the thread that runs it: what calls it, and what is collected meanwhile. */
const SCRIPT = new Set([
  "EvaluateScript",
  "EventDispatch",
  "FireAnimationFrame",
  "FunctionCall",
  "MajorGC",
  "MinorGC",
  "RunMicrotasks",
  "TimerFire",
  "v8.run",
]);

export const CATEGORIES = ["blink.user_timing", "devtools.timeline", "v8"];

/** Milliseconds of script in each frame of the page, with the name of the last mark before it; of those between its first mark and its last. */
export function scriptByFrame({ traceEvents }, prefix) {
  const inOrder = (events) => events.sort((one, other) => one.ts - other.ts);
  const isMark = ({ cat = "", name }) => cat.includes("blink.user_timing") && name.startsWith(prefix);
  const marks = inOrder(traceEvents.filter(isMark));
  if (marks.length === 0) throw new Error(`the trace has no marks that begin with ${prefix}`);
  const [{ pid, tid, ts: first }] = marks;
  const own = traceEvents.filter((event) => event.pid === pid && event.tid === tid);
  const isBetween = ({ ts }) => ts >= first && ts <= marks.at(-1).ts;
  const frames = inOrder(own.filter((event) => event.name === "AnimationFrame" && event.ph === "b" && isBetween(event)));
  const script = own.filter(({ ph, name }) => ph === "X" && SCRIPT.has(name));
  const busy = together(script.map(({ ts, dur = 0 }) => [ts, ts + dur]));
  if (frames.length < 2 || busy.length === 0) throw new Error("the trace has no frames, or no script of the page");
  const markAt = (ts) => marks.findLast((mark) => mark.ts <= ts).name;
  return frames.slice(0, -1).map(({ ts }, at) => [markAt(ts), within(busy, ts, frames[at + 1].ts) / 1000]);
}

/** Stretches that lie in one another count once. */
function together(stretches) {
  const all = [];
  for (const [from, to] of stretches.sort(([one], [other]) => one - other)) {
    const last = all.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

const within = (stretches, from, to) =>
  stretches.reduce((sum, [begin, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(begin, from)), 0);
