// What the stub leaves for the SDK: the same calls that `record.ts` keeps until the module is ready.

import type { Options } from "./options";
import type { Call } from "./event";
import { enter, tell } from "./record";
import type { Scope } from "./scope";
import type { Session } from "./session";

export type EarlyCall = Call | [string, Record<string, unknown>];

/** Options of the SDK, and where it is. */
export type EarlyOptions = Options & { src: string };

/** Its shape changes only with the major version: a page may have an older stub inside it. */
export interface Early {
  options: EarlyOptions;
  seed: Uint8Array<ArrayBuffer>;
  /** As it was before the stub. */
  fetch: typeof window.fetch;
  session?: Session;
  /** Number of the next event; 0 is the page load, which has begun. */
  next: number;
  calls: EarlyCall[];
  /** Calls that come later go here, once somebody listens. */
  tell(call: EarlyCall): void;
  /** The SDK is there: the stub captures no more. */
  stop(): void;
  /** Calls of the app, by name. */
  asked: [string, unknown[]][];
}

/** What a stub in this page left, once. */
export const takeEarly = (): Early | undefined => {
  const page = window as { __weft?: Early };
  const early = page.__weft;
  delete page.__weft;
  return early;
};

/** Goes on where the stub is, whose requests may end later. */
export const follow = (scope: Scope, early: Early): void => {
  const { calls, session, next } = early;
  scope.nextEvent = next;
  scope.mySession = session;
  scope.sessionWritten = session?.last ?? 0;
  scope.loadTold = calls.length > 0;
  const ended = ([what]: EarlyCall): void => void (what === "finish" && scope.ledger.recorded++);
  calls.forEach(ended);
  scope.calls = calls as Call[];
  if (session) enter(scope, session);
  early.tell = (call) => {
    ended(call);
    tell(scope, call as Call);
  };
  early.stop();
};
