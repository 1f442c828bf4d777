// The session: a person's stretch of use across the tabs of one origin. An identifier, never an open span.
//
// Kept in localStorage and compared with the wall clock on every use, never by a timer: a tab that slept
// for weeks must not go on with a session that ended before (timers are throttled in hidden tabs, and wrap
// at 24.8 days). Where storage is refused or not wanted, the session lives as long as the page.

import { wallNow } from "./clock";
import { hex, type Late } from "./ids";
import type { Scope } from "./scope";
import { forget, parsed, store, written } from "./storage";

const enum Limit {
  /** ms without any event after which the next one begins a session. */
  idle = 30 * 60_000,
  /** ms after which a session ends in any case. */
  longest = 4 * 3_600_000,
  /** ms of clock that other tabs may be behind. */
  setBack = 60_000,
  /** ms between two writes of the last use. */
  writeEvery = 5_000,
}

export interface Session {
  /** 32 hex digits. */
  id: string;
  previous?: string;
  /** 14 hex digits: randomness of the sampling decision (tracestate `rv`). */
  randomness: string;
  /** At which rate it was decided, so that another rate in a later page changes nothing: `sampleRate` of then. */
  rate?: number | undefined;
  /** Trace and span id of the last root of the previous session, 48 hex digits. Empty: it had some, and none was kept. */
  previousRoot?: Late | undefined;
  /** Wall time in ms. */
  start: number;
  last: number;
  /** Trace and span id of the last root so far that was kept. Empty: none was. */
  root?: Late;
}

const random = (bytes: number): string => hex(crypto.getRandomValues(new Uint8Array(bytes)));

/** Ids of a session, in one line. */
const IDS = /^[\da-f]{32},[\da-f]{14},([\da-f]{32})?,([\da-f]{48})?,([\da-f]{48})?$/;

const isSession = (value: unknown): value is Session => {
  const { id, randomness, rate = 1, previous, previousRoot, root, start, last } = (value ?? {}) as Partial<Session>;
  return IDS.test([id, randomness, previous, previousRoot, root].join()) && [start, last, rate].every(Number.isFinite);
};

// A page that outlives its first session hands its decision on, so that its events are kept or dropped together.
const begin = ({ options }: Scope, wall: number, before?: Session, first?: Session): Session => ({
  id: random(16),
  randomness: first ? first.randomness : random(7),
  rate: first ? first.rate : (options.sampleRate ?? 1),
  ...(before && { previous: before.id, previousRoot: before.root }),
  start: wall,
  last: wall,
});

const nameOf = ({ options }: Scope): string => `weft.session.${options.key}`;

/** The session that lies in storage. Looked at for every event, and read only if somebody has written it. */
export const sessionThere = (scope: Scope): Session | undefined => {
  const text = written(scope.localStore, nameOf(scope));
  if (text !== scope.sessionText) {
    const session = parsed(text);
    scope.sessionText = text;
    scope.sessionThere = isSession(session) ? session : undefined;
  }
  return scope.sessionThere;
};

const write = (scope: Scope, session: Session): Session => {
  store(scope.localStore, nameOf(scope), session);
  scope.sessionWritten = session.last;
  return (scope.mySession = session);
};

/**
 * The session that goes on now; begins one if the last is over. Not that of the time of an event: vitals are told long after
 * their time, and neither begin a session nor end one.
 */
export const sessionNow = (scope: Scope): Session => {
  const wall = wallNow();
  const { mySession } = scope;
  const theirs = sessionThere(scope) ?? mySession;
  // What this page knows of the session may not have been written yet.
  const known = mySession?.id === theirs?.id && mySession && mySession.last >= (theirs?.last ?? 0) ? mySession : theirs;
  const idle = known ? wall - known.last : 0;
  // A last use in the future means that the clock was set back: nobody knows how long ago it was.
  const goesOn = known && idle <= Limit.idle && idle >= -Limit.setBack && wall - known.start <= Limit.longest;
  return goesOn ? (scope.mySession = known) : write(scope, begin(scope, wall, known, scope.heir ?? scope.first));
};

/** The session was used at `wall` ms by the root with these ids (trace and span id, 48 hex digits; empty: it is not kept). */
export const touchSession = (scope: Scope, session: Session, wall: number, root: Late): void => {
  const used = { ...session, last: Math.max(session.last, wall), root: root || session.root || "" };
  // Each write wakes every other tab of the origin, so most stay in memory for a while.
  if (session.root === undefined || used.last - scope.sessionWritten > Limit.writeEvery) write(scope, used);
  else scope.mySession = used;
};

/** Writes what is known now. Called when the page may be about to go away. */
export const saveSession = (scope: Scope): void => {
  const { mySession } = scope;
  if (mySession && mySession.last > scope.sessionWritten && (sessionThere(scope) ?? mySession).id === mySession.id)
    write(scope, mySession);
};

/** Another person: the next session knows nothing of this one, and those after it go by what was drawn for it. */
export const endSession = (scope: Scope, wall: number): void => {
  scope.heir = write(scope, begin(scope, wall));
};

/** From now on it may be stored, `again`: then what is there may be older than what this page knows. */
export const keepSession = (scope: Scope, again: boolean): void => {
  const { mySession } = scope;
  const there = sessionThere(scope);
  if (mySession && (!there || (again && mySession.last > there.last))) write(scope, mySession);
};

/** Forgets it, here and in storage. */
export const forgetSession = (scope: Scope): void => {
  scope.mySession = undefined;
  forget(scope.localStore, nameOf(scope));
};
