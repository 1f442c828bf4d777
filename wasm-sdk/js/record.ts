// Between step 1 and step 2: numbers events when they start, decides what is a child and what a root, and hands
// them to the module, or keeps the calls, as plain data, until the module is ready.

import { now, wallNow, type Moment } from "./clock";
import { keepTrail } from "./arrival";
import { certainly, Kind, Role, Status, type Call, type Known, type Recorded, type Started } from "./event";
import { unhex, type Ids, type Late } from "./ids";
import { sealNow, waiting } from "./lifecycle";
import { decisionOf } from "./sampling";
import type { Scope } from "./scope";
import { sessionNow, touchSession, type Session } from "./session";
import { count, counters } from "./stats";
import { ask, SEAL_FIRST, type Attributes, type Module, type SessionFrame } from "./wasm";

const enum Limit {
  /** Calls kept while the module is not ready: events beyond that are given up. */
  maxWaiting = 3_000,
  /** ms: no event becomes the child of a trace that began longer ago. */
  maxTrace = 60_000,
}

/** An event starts. It has its number, and so its ids, from here on. */
export const start = (scope: Scope, role: number, { moment = now(), cause, parent }: Known = {}): Started => {
  const session = sessionNow(scope);
  if (session.id !== scope.toldSession) {
    enter(scope, session);
    tell(scope, ["session", frameOf(scope, session)]);
  }
  const number = role === Role.pageLoad ? 0 : scope.nextEvent++;
  const above = parent && isWithin(parent, moment) ? parent : undefined;
  // A trace that is too old or over takes no more children: then it is what made this happen.
  const known = parent && !above ? certainly(parent.number) : cause;
  const why = known === undefined && !above && canBeCaused(role) ? scope.causeNow?.() : known;
  const shared = Object.assign({}, ...scope.said) as Attributes;
  const started = { number, moment, session, parent: above, ended: false, shared } as Started;
  started.root = above?.root ?? started;
  // The stub may have told of the page load.
  if (number || !scope.loadTold)
    tell(scope, [
      "begin",
      {
        number,
        start: moment.wall,
        epoch: moment.epoch,
        role,
        cause: why?.number ?? -1,
        inferred: why?.inferred ?? false,
        parent: above?.number ?? -1,
        root: started.root.number,
      },
    ]);
  if (role !== Role.mark && !above) began(scope, started, role);
  return started;
};

/** From here on the page is in this session. The first one decides for all of it whether it is kept. */
export const enter = (scope: Scope, session: Session): void => {
  scope.toldSession = session.id;
  if (!scope.first && !decisionOf((scope.first = session))[0]) abandon(scope, "sampled");
  if (session.previousRoot === "" && !session.root && !scope.abandoned) counters.linksLeftOut++;
};

// Holds on to nothing but numbers: a session holds it, and an event its session.
const lateIds = (ids: Ids, trace: number, span: number): Late => {
  const text = (): string => ids.trace(trace) + ids.span(span);
  return { toString: text, toJSON: text };
};

// A root is what later ones come after, in this page and the next.
const began = (scope: Scope, started: Started, role: number): void => {
  const ids = scope.abandoned ? "" : lateIds(scope.ids, started.root.number, started.number);
  touchSession(scope, started.session, started.moment.wall, ids);
  scope.roots++;
  scope.lastRoot = started.number;
  const isInteraction = role === Role.interaction;
  if (isInteraction) scope.lastInteraction = wallNow();
  keepTrail(scope, ids, isInteraction || role === Role.pageLoad);
};

/** An event has ended, after so many monotonic ms. */
export const finish = (
  scope: Scope,
  started: Started,
  name: string,
  attributes: Attributes = {},
  duration = 0,
  kind: Kind = Kind.internal,
  status: Status = Status.unset,
): void => {
  if (started.ended) return;
  started.ended = true;
  scope.ledger.recorded++;
  const { number } = started;
  const { abandoned } = scope;
  const event = !abandoned && judge(scope, { name, attributes: { ...started.shared, ...attributes }, duration });
  if (!event) {
    giveUp(scope, abandoned ?? "before_record", 1);
    return tell(scope, ["cancel", number]);
  }
  const demoted = started.demoted ?? started.parent?.ended ?? false;
  tell(scope, ["finish", { number, duration, kind, status, demoted, name: event.name, attributes: event.attributes }]);
};

/** A moment: an event without duration. */
export const moment = (
  scope: Scope,
  name: string,
  attributes?: Attributes,
  role: Role = Role.none,
  known?: Known,
): Started => {
  const started = start(scope, role, known);
  finish(scope, started, name, attributes);
  return started;
};

/** How long it took until now; and how long the device slept meanwhile, if it did. */
export const elapsed = ({ moment: { wall, monotonic, epoch } }: Started): { duration: number; slept: Attributes } => {
  const end = now();
  const duration = Math.max(0, end.monotonic - monotonic);
  const slept = Math.round(end.wall - wall - duration);
  return { duration, slept: end.epoch !== epoch && slept > 0 ? { "weft.suspended_ms": slept } : {} };
};

/** It ends now; `failed`: its `error.type`. */
export const endNow = (
  scope: Scope,
  started: Started,
  name: string,
  attributes: Attributes,
  failed?: string,
  kind?: Kind,
): void => {
  const { duration, slept } = elapsed(started);
  const all = { ...attributes, "error.type": failed, ...slept };
  finish(scope, started, name, all, duration, kind, failed === undefined ? Status.unset : Status.error);
};

/** An event that has started stays open for long: from here on every batch says that it is. */
export const keepOpen = (
  scope: Scope,
  { number, ended, shared }: Started,
  name: string,
  attributes: Attributes,
  kind: Kind = Kind.internal,
): void => {
  if (!ended) tell(scope, ["long", { number, kind, name, attributes: { ...shared, ...attributes } }]);
};

/** An event that has not ended points to another (trace and span id, 48 hex digits; empty: that was not kept). */
export const link = (scope: Scope, from: Started, kinds: number, to: string, name = ""): void => {
  if (from.ended || !to) counters.linksLeftOut++;
  else tell(scope, ["link", { number: from.number, kinds, name, to }]);
};

/** The module is there: it is told of the page and everything that happened so far. */
export const attach = (scope: Scope, module: Module): void => {
  ask(module, "resource", scope.resource);
  for (const [reason, count] of Object.entries(scope.untold)) ask(module, "dropped", count, reason);
  scope.untold = {};
  scope.module = module;
  catchUp(scope);
};

/** The module is told what waited. */
export const catchUp = (scope: Scope): void => {
  const { module } = scope;
  if (module) for (const call of scope.calls.splice(0)) run(scope, module, call);
};

/** Nothing that is recorded from here on will be sent; what waits for the module will not be either. */
export const abandon = (scope: Scope, reason: string): void => {
  scope.abandoned = reason;
  for (const call of scope.calls.splice(0)) tell(scope, call);
};

/** So many recorded events will never arrive. The next batch says so. */
export const giveUp = (scope: Scope, reason: string, events: number): void => {
  count(scope.ledger.dropped, reason, events);
  if (scope.module) ask(scope.module, "dropped", events, reason);
  else count(scope.untold, reason, events);
};

/** Trace and span id, 48 hex digits. Empty: it is not kept, so nothing may lead to it. */
export const idsOf = ({ ids, abandoned }: Scope, { number, root }: Started): string =>
  abandoned ? "" : ids.trace(root.number) + ids.span(number);

const judge = ({ options: { beforeRecord } }: Scope, event: Recorded): Recorded | null | undefined => {
  try {
    return beforeRecord ? beforeRecord(event) : event;
  } catch {
    return undefined;
  }
};

/** Tells the module, or keeps it until there is one and what it seals may go somewhere. */
export const tell = (scope: Scope, call: Call): void => {
  const { module, calls, abandoned, sendIfAgreed } = scope;
  if (module && !sendIfAgreed && !abandoned) return run(scope, module, call);
  const isFinish = call[0] === "finish";
  // What began keeps its place, so that it can end: ends are given up first.
  if (!abandoned && calls.length < (isFinish ? Limit.maxWaiting : 2 * Limit.maxWaiting)) calls.push(call);
  else if (isFinish) {
    const last = calls.at(-1);
    // A moment that is given up takes its beginning with it.
    if (last?.[0] === "begin" && last[1].number === call[1].number) calls.pop();
    giveUp(scope, abandoned ?? "too_many_waiting", 1);
  }
  if (isFinish && !abandoned) waiting(scope, 0, 0);
};

// What is asked of the module in a call.
const givenBy = (scope: Scope, [what, given]: Call): Parameters<typeof ask>[2][] => {
  if (what === "session") {
    const { id, previous = "", randomness, root = "" } = given;
    return [ownOf(scope, root), unhex(id + randomness + previous + (previous && root))];
  }
  if (what === "link") return [given.number, given.kinds, ownOf(scope, given.to), unhex(given.to), given.name];
  return what === "cancel" ? [given] : Object.values(given);
};

// The number of a root that is known by its ids only, -1 if it is none of ours: the number costs a byte.
const ownOf = (scope: Scope, ids: string): number =>
  [scope.lastRoot, 0].find((number) => lateIds(scope.ids, number, number).toString() === ids) ?? -1;

// One call that fails must not take the others with it.
const run = (scope: Scope, module: Module, call: Call): void => {
  const [what] = call;
  const isFinish = what === "finish";
  try {
    if (scope.verbs?.takes(call) === false) return;
    const given = givenBy(scope, call);
    let bytes = ask(module, what, ...given);
    if (isFinish && bytes === SEAL_FIRST) {
      sealNow(scope);
      bytes = ask(module, what, ...given);
    }
    // The module has counted it for the next batch under the reason it knows.
    if (isFinish && bytes < 0) count(scope.ledger.dropped, "refused_by_recorder", 1);
    else if (isFinish || what === "long") waiting(scope, bytes, Number(isFinish));
  } catch {
    counters.errors++;
    if (isFinish) giveUp(scope, "malformed", 1);
  }
};

// Known to end inside its parent as far as anybody can know when it starts; if it does not, it is demoted at its end.
const isWithin = ({ ended, root }: Started, { monotonic }: Moment): boolean =>
  !ended && monotonic - root.moment.monotonic < Limit.maxTrace;

const canBeCaused = (role: number): boolean => (role & (Role.pageLoad | Role.interaction | Role.mark)) === 0;

const frameOf = ({ first }: Scope, { id, previous, randomness, previousRoot, root }: Session): SessionFrame => ({
  id,
  previous,
  // Another page may have begun this session, with a draw of its own: the page's events stay together.
  randomness: first?.randomness ?? randomness,
  // Only the first root of a session links to the session before: it has none yet.
  root: !root && previousRoot ? `${previousRoot}` : undefined,
});
