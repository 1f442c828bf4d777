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
  const goesOn = stored && wall - stored.last <= IDLE && wall - stored.start <= LONGEST;
  if (goesOn) return (memory = stored);
  const session = begin(wall, stored, memory !== undefined);
  write(session);
  return session;
};

/** The session was used at `wall` ms by the root with these ids (trace and span id, 48 hex digits). */
export const touch = (session: Session, wall: number, root: string): void => {
  write({ ...session, last: Math.max(session.last, wall), root });
};
