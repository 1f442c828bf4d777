// What made an event happen: known inside the dispatch of an interaction and in callbacks that were handed over there;
// guessed within a window after it, where `await` has lost the thread.
//
// Promises are never patched. The window lasts until the next interaction, at most one second after the last known
// continuation. A callback that was handed over outside of any interaction belongs to none, however it falls into a
// window: that keeps timers that poll out of it. Where two interactions are candidates there is no cause.

import type { Capture } from "./capture";
import { monotonicNow } from "./clock";
import { certainly, type Cause } from "./event";
import { isCallable, patch, patchClass } from "./patch";
import type { Scope } from "./scope";

const enum Limit {
  /** ms after the last known continuation. */
  window = 1_000,
  /** Messages under way to a port that are remembered; a port that has more was handed to somebody else. */
  maxMessages = 64,
}

/** Which callbacks are followed. */
export interface Followed {
  timers?: boolean;
  frames?: boolean;
  microtasks?: boolean;
  messages?: boolean;
}

/** An interaction that may still be at work. */
interface Candidate {
  number: number;
  /** Monotonic time of its last known continuation. */
  seen: number;
}

// The interaction in whose dispatch or continuation this code runs; `null`: in a callback that belongs to none;
// undefined: nobody knows.
let current: Candidate | null | undefined;
let candidates: Candidate[] = [];

// Only where callbacks are followed: otherwise timers that poll would fall into the windows.
let guesses = false;

// The event that is being dispatched for an interaction. Its time and not the event itself: an event would hold on to
// its element.
let dispatched: { timeStamp: number; candidate: Candidate } | undefined;

// The message of a followed port that was dispatched last.
let messaged: { port: MessagePort; candidate: Candidate | null } | undefined;

/** An interaction begins: until its dispatch ends, what happens is its doing. */
export const interacted = (number: number, timeStamp: number): void => {
  const candidate = { number, seen: monotonicNow() };
  // Its windows end with this one; what they handed over goes on.
  candidates = [candidate];
  dispatched = { timeStamp, candidate };
};

/** Who may have made what happens now: one that is known, or all that may still be at work. */
export const suspects = (): Cause[] => {
  const known = running();
  if (known) return [certainly(known.number)];
  return known === null || !guesses ? [] : stillOpen().map(({ number }) => ({ number, inferred: true }));
};

/** What makes an event happen now. */
export const causeNow = (): Cause | undefined => {
  const [cause, another] = suspects();
  return another ? undefined : cause;
};

/** The event with this cause goes on now: whatever waits for it may go on with it. */
export const continued = ({ number }: Cause): void => {
  const candidate = candidates.find((candidate) => candidate.number === number);
  if (candidate) candidate.seen = monotonicNow();
  // Its window had ended, or another's had begun: now both are at work, and nobody guesses which of them it is.
  else candidates = [...stillOpen().slice(-3), { number, seen: monotonicNow() }];
};

const stillOpen = (): Candidate[] => {
  const since = monotonicNow() - Limit.window;
  return (candidates = candidates.filter(({ seen }) => seen >= since));
};

const running = (): Candidate | null | undefined => {
  if (current !== undefined) return current;
  const event = window.event;
  if (!event) return undefined;
  if (event.timeStamp === dispatched?.timeStamp) return dispatched.candidate;
  if (event.type === "message" && event.target === messaged?.port) return messaged.candidate;
  // A message, a timer of somebody else: it has its own reasons. Answers to requests have those of the request.
  return event.isTrusted && event.type === "message" ? null : undefined;
};

/** `work` on behalf of an interaction; `null`: of none. */
const onBehalfOf = <Args extends unknown[], Result>(
  then: Candidate | null,
  work: (...args: Args) => Result,
): ((...args: Args) => Result) =>
  function (this: unknown, ...args: Args): Result {
    const before = current;
    current = then;
    if (then) continued(certainly(then.number));
    try {
      return work.apply(this, args);
    } finally {
      current = before;
    }
  };

/** Captures what hands callbacks over, and guesses within windows. */
export const followCallbacks =
  ({ timers = true, frames = true, microtasks = true, messages = true }: Followed = {}): Capture =>
  (scope) => {
    const follow = (name: string, whose = (): Candidate | null => running() ?? null): void =>
      patch(
        scope,
        window as unknown as Record<string, Scheduler>,
        name,
        (original): Scheduler =>
          function (this: unknown, work, ...more) {
            const ours = !scope.closed && isCallable(work);
            return original?.call(this, ours ? onBehalfOf(whose(), work) : work, ...more);
          },
      );
    guesses = true;
    scope.undos.push(() => void (guesses = false));
    if (timers) follow("setTimeout");
    // An interval that is set in an interaction goes on for weeks: what it does is nobody's doing.
    if (timers) follow("setInterval", () => null);
    if (frames) follow("requestAnimationFrame");
    if (microtasks) follow("queueMicrotask");
    if (messages) followMessages(scope);
  };

type Scheduler = (work: unknown, ...more: unknown[]) => unknown;

// React's scheduler and others yield by a message to themselves. What is posted to one end runs at the other.
const followMessages = (scope: Scope): void => {
  const others = new WeakMap<MessagePort, MessagePort>();
  const underWay = new WeakMap<MessagePort, (Candidate | null)[]>();
  const watch = (port: MessagePort, other: MessagePort): void => {
    others.set(port, other);
    // The first listener of the port: it runs before any of the app's.
    port.addEventListener("message", () => {
      messaged = { port, candidate: underWay.get(port)?.shift() ?? null };
    });
  };
  patchClass(scope, "MessageChannel", ({ port1, port2 }) => {
    watch(port1, port2);
    watch(port2, port1);
  });
  patch(
    scope,
    MessagePort.prototype as { postMessage: (...args: never[]) => void },
    "postMessage",
    (original) =>
      function (this: MessagePort, ...args: never[]) {
        const other = scope.closed ? undefined : others.get(this);
        if (other) {
          const waiting = underWay.get(other) ?? [];
          if (waiting.push(running() ?? null) > Limit.maxMessages) others.delete(this);
          underWay.set(other, waiting);
        }
        return original.apply(this, args);
      },
  );
};
