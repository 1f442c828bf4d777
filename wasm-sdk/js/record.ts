// Between step 1 and step 2: numbers events when they start and hands them to the module, or keeps the calls,
// as plain data, until the module is ready.

import { now, type Moment } from "./clock";
import { idsOf, unhex, type Ids } from "./ids";
import { sessionAt, touch, type Session } from "./session";
import { counters, drop } from "./stats";
import { SEAL_FIRST, type Attributes, type Begin, type Finish, type Module, type SessionFrame } from "./wasm";

export const role = { none: 0, pageLoad: 1, interaction: 4, mark: 8 } as const;
export const kind = { internal: 1, client: 3 } as const;
export const status = { unset: 0, error: 2 } as const;

/** Calls kept while the module is not ready: events beyond that are given up. */
const MAX_WAITING = 3_000;

/** An event that has started. */
export interface Started {
  number: number;
  moment: Moment;
  session: Session;
}

type Call = ["session", SessionFrame] | ["begin", Begin] | ["finish", Finish];

const waiting: Call[] = [];
let module: Module | undefined;
let abandoned = false;
let seed: Uint8Array;
let ids: Ids;
let nextNumber = 0;
let toldSession = "";
let onFinish: (bytes: number) => void = () => {};
let sealFirst: () => void = () => {};

/**
 * Draws the page's seed. `finished` hears after each event about how many bytes wait to be sealed; `full` has to seal
 * them.
 */
export const openPage = (finished: (bytes: number) => void, full: () => void): void => {
  seed = crypto.getRandomValues(new Uint8Array(16));
  ids = idsOf(seed);
  onFinish = finished;
  sealFirst = full;
};

/** The module is there: it is told of the page and everything that happened so far. */
export const attach = (ready: Module, resource: Attributes): void => {
  ready.page(seed);
  ready.resource(resource);
  module = ready;
  for (const [reason, count] of Object.entries(counters.dropped)) ready.dropped(reason, count);
  for (const call of waiting.splice(0)) run(ready, call);
};

/** The module will never be there: what was kept for it, and what follows, is given up. */
export const abandon = (): void => {
  abandoned = true;
  for (const call of waiting.splice(0)) tell(call);
};

/** So many recorded events will never arrive. The next batch says so. */
export const giveUp = (reason: string, count: number): void => {
  drop(reason, count);
  module?.dropped(reason, count);
};

/** An event starts. It has its number, and so its ids, from here on. */
export const start = (is: number, moment: Moment = now(), cause = -1): Started => {
  const session = sessionAt(moment.wall);
  if (session.id !== toldSession) {
    toldSession = session.id;
    tell(["session", frameOf(session)]);
  }
  const number = nextNumber++;
  tell(["begin", { number, start: moment.wall, epoch: moment.epoch, role: is, cause }]);
  if (is !== role.mark) touch(session, moment.wall, ids.trace(number) + ids.span(number));
  return { number, moment, session };
};

/** An event has ended, after `duration` monotonic ms. */
export const finish = (
  started: Started,
  duration: number,
  name: string,
  attributes: Attributes,
  spanKind: number = kind.internal,
  spanStatus: number = status.unset,
): void => {
  const { number } = started;
  counters.recorded++;
  tell(["finish", { number, duration, kind: spanKind, status: spanStatus, name, attributes }]);
};

/** ms from the start of `started` until now; and how long the device slept meanwhile, if it did. */
export const elapsed = (started: Started): { duration: number; attributes: Attributes } => {
  const end = now();
  const duration = Math.max(0, end.monotonic - started.moment.monotonic);
  const slept = end.wall - started.moment.wall - duration;
  const suspended = end.epoch !== started.moment.epoch && slept > 0 ? Math.round(slept) : undefined;
  return { duration, attributes: { "weft.suspended_ms": suspended } };
};

export interface Propagation {
  traceparent: string;
  tracestate: string;
  baggage: string;
}

/** What joins a request to its event: W3C Trace Context level 2 (random flag) and Baggage. */
export const propagation = ({ number, session }: Started): Propagation => ({
  traceparent: `00-${ids.trace(number)}-${ids.span(number)}-03`,
  tracestate: `ot=rv:${session.randomness}`,
  baggage: `session.id=${session.id}`,
});

const frameOf = ({ id, previous, randomness, previousRoot, root }: Session): SessionFrame => ({
  id: unhex(id),
  previous: previous === undefined ? undefined : unhex(previous),
  randomness: unhex(randomness),
  // Only the first root of a session links to the session before: it has none yet.
  root: previousRoot === undefined || root !== undefined ? undefined : unhex(previousRoot),
});

const tell = (call: Call): void => {
  const isFinish = call[0] === "finish";
  if (module) run(module, call);
  // What began keeps its place, so that it can end: ends are given up first.
  else if (!abandoned && waiting.length < (isFinish ? MAX_WAITING : 2 * MAX_WAITING)) waiting.push(call);
  else if (isFinish) {
    const last = waiting.at(-1);
    // A moment that is given up takes its beginning with it.
    if (last?.[0] === "begin" && last[1].number === call[1].number) waiting.pop();
    giveUp(abandoned ? "module_not_loaded" : "module_not_ready", 1);
  }
};

// One call that fails must not take the others with it.
const run = (ready: Module, call: Call): void => {
  try {
    if (call[0] === "session") ready.session(call[1]);
    else if (call[0] === "begin") ready.begin(call[1]);
    else end(ready, call[1]);
  } catch {
    counters.errors++;
    if (call[0] === "finish") giveUp("malformed", 1);
  }
};

const end = (ready: Module, event: Finish): void => {
  let bytes = ready.finish(event);
  if (bytes === SEAL_FIRST) {
    sealFirst();
    bytes = ready.finish(event);
  }
  // The module has counted it for the next batch under the reason it knows.
  if (bytes < 0) drop("refused_by_recorder", 1);
  else onFinish(bytes);
};
