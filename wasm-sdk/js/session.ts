// The session: a person's stretch of use across the tabs of one origin. An identifier, never an open span.
//
// Kept in localStorage and compared with the wall clock on every use, never by a timer: a tab that slept
// for weeks must not go on with a session that ended before (timers are throttled in hidden tabs, and wrap
// at 24.8 days). Where storage is refused or not wanted, the session lives as long as the page.

import { hex } from "./ids";

/** ms without any event after which the next one begins a session. */
const IDLE = 30 * 60_000;

/** ms after which a session ends in any case. */
const LONGEST = 4 * 3_600_000;

/** ms of clock that other tabs may be behind. */
const SET_BACK = 60_000;

/** ms between two writes of the last use. */
const WRITE_EVERY = 5_000;

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

const begin = (wall: number, before: Session | undefined, samePage: boolean): Session => ({
  id: random(16),
  // A page that outlives its session keeps the decision, so that its events are kept or dropped together.
  randomness: samePage && before ? before.randomness : random(7),
  ...(before && { previous: before.id }),
  ...(before?.root && { previousRoot: before.root }),
  start: wall,
  last: wall,
});

/** The sessions of one key. */
export class Sessions {
  private memory: Session | undefined;
  private written = 0;

  /** `storage`: what all tabs of the origin share; undefined: nothing may be stored. */
  constructor(
    private storage: Storage | undefined,
    private readonly name: string,
  ) {}

  /** The session at `wall` ms; begins one if the last is over. */
  at(wall: number): Session {
    const stored = this.read();
    // What this page knows of the session may not have been written yet.
    const { memory } = this;
    const known = stored && memory?.id === stored.id && memory.last >= stored.last ? memory : stored;
    const idle = known ? wall - known.last : 0;
    // A last use in the future means that the clock was set back: nobody knows how long ago it was.
    const goesOn = known && idle <= IDLE && idle >= -SET_BACK && wall - known.start <= LONGEST;
    if (goesOn) return (this.memory = known);
    const session = begin(wall, known, memory !== undefined);
    this.write(session);
    return session;
  }

  /** The stub has begun this one, which storage may not have. */
  adopt(session: Session): void {
    this.memory = session;
    this.written = session.last;
  }

  /** The session was used at `wall` ms by the root with these ids (trace and span id, 48 hex digits). */
  touch(session: Session, wall: number, root: string): void {
    const used = { ...session, last: Math.max(session.last, wall), root };
    // Each write wakes every other tab of the origin, so most stay in memory for a while.
    if (!session.root || used.last - this.written > WRITE_EVERY) this.write(used);
    else this.memory = used;
  }

  /** Writes what is known now. Called when the page may be about to go away. */
  save(): void {
    const { memory } = this;
    if (memory && memory.last > this.written && this.read()?.id === memory.id) this.write(memory);
  }

  /** Another person: the next session knows nothing of this one. */
  end(wall: number): void {
    this.write(begin(wall, undefined, false));
  }

  /** From now on it may be stored. */
  allow(storage: Storage | undefined): void {
    this.storage = storage;
    if (this.memory && !this.stored()) this.write(this.memory);
  }

  /** Forgets it, here and in storage. */
  forget(): void {
    this.memory = undefined;
    try {
      this.storage?.removeItem(this.name);
    } catch {
      // Refused: then there is nothing either.
    }
  }

  private read(): Session | undefined {
    return this.stored() ?? this.memory;
  }

  private stored(): Session | undefined {
    try {
      const stored: unknown = JSON.parse(this.storage?.getItem(this.name) ?? "null");
      return isSession(stored) ? stored : undefined;
    } catch {
      return undefined;
    }
  }

  private write(session: Session): void {
    this.memory = session;
    this.written = session.last;
    try {
      this.storage?.setItem(this.name, JSON.stringify(session));
    } catch {
      // Full or refused: memory has it.
    }
  }
}
