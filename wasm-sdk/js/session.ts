// The session: a person's stretch of use across the tabs of one origin. An identifier, never an open span.
//
// Kept in localStorage and compared with the wall clock on every use, never by a timer: a tab that slept
// for weeks must not go on with a session that ended before (timers are throttled in hidden tabs, and wrap
// at 24.8 days).

import { hex } from "./ids";

/** ms without any event after which the next one begins a session. */
const IDLE = 30 * 60_000;

/** ms after which a session ends in any case. */
const LONGEST = 4 * 3_600_000;

/** ms of clock that other tabs may be behind. */
const SET_BACK = 60_000;

/** ms between two writes of the last use. */
const WRITE_EVERY = 5_000;

const KEY = "weft.session";

export interface Session {
  /** 32 hex digits. */
  id: string;
  previous?: string;
  /** 14 hex digits: randomness of the sampling decision (tracestate `rv`). */
  randomness: string;
  /** Trace and span id of the last root of the previous session, 48 hex digits. */
  previousRoot?: string;
  /** Wall time in ms. */
  start: number;
  last: number;
  /** Trace and span id of the last root so far. */
  root?: string;
}

const random = (bytes: number): string => hex(crypto.getRandomValues(new Uint8Array(bytes)));

const isSession = (value: unknown): value is Session => {
  if (typeof value !== "object" || value === null) return false;
  const session = value as Partial<Record<keyof Session, unknown>>;
  const is = (text: unknown, digits: number): boolean =>
    typeof text === "string" && text.length === digits && /^[0-9a-f]*$/.test(text);
  const optional = (text: unknown, digits: number): boolean => text === undefined || is(text, digits);
  return (
    is(session.id, 32) &&
    is(session.randomness, 14) &&
    optional(session.previous, 32) &&
    optional(session.previousRoot, 48) &&
    optional(session.root, 48) &&
    Number.isFinite(session.start) &&
    Number.isFinite(session.last)
  );
};

// Storage may be refused (private mode, third-party frame, policy): then the session lives as long as the page.
let memory: Session | undefined;
let written = 0;

const read = (): Session | undefined => {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return isSession(stored) ? stored : memory;
  } catch {
    return memory;
  }
};

const write = (session: Session): void => {
  memory = session;
  written = session.last;
  try {
    localStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // Full or refused: memory has it.
  }
};

const begin = (wall: number, before: Session | undefined, samePage: boolean): Session => ({
  id: random(16),
  // A page that outlives its session keeps the decision, so that its events are kept or dropped together.
  randomness: samePage && before ? before.randomness : random(7),
  ...(before && { previous: before.id }),
  ...(before?.root && { previousRoot: before.root }),
  start: wall,
  last: wall,
});

/** The session at `wall` ms; begins one if the last is over. */
export const sessionAt = (wall: number): Session => {
  const stored = read();
  // What this page knows of the session may not have been written yet.
  const known = stored && memory?.id === stored.id && memory.last >= stored.last ? memory : stored;
  const idle = known ? wall - known.last : 0;
  // A last use in the future means that the clock was set back: nobody knows how long ago it was.
  const goesOn = known && idle <= IDLE && idle >= -SET_BACK && wall - known.start <= LONGEST;
  if (goesOn) return (memory = known);
  const session = begin(wall, known, memory !== undefined);
  write(session);
  return session;
};

/** The session was used at `wall` ms by the root with these ids (trace and span id, 48 hex digits). */
export const touch = (session: Session, wall: number, root: string): void => {
  const used = { ...session, last: Math.max(session.last, wall), root };
  // Each write wakes every other tab of the origin, so most stay in memory for a while.
  if (!session.root || used.last - written > WRITE_EVERY) write(used);
  else memory = used;
};

/** Writes what is known now. Called when the page may be about to go away. */
export const saveSession = (): void => {
  if (memory && memory.last > written && read()?.id === memory.id) write(memory);
};
