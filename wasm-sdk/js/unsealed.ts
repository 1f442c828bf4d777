// While there is no module: what was recorded is posted as it is, as JSON, which step 5 decodes too. Here is what
// a page needs that ends before the module is ready; `raw.ts` has what one needs that can never have it.

import { monotonicNow, now } from "./clock";
import type { Call } from "./event";
import { plainTimeout } from "./plain";
import { giveUp } from "./record";
import type { Scope } from "./scope";
import { backOff, KEEPALIVE_BYTES, request } from "./send";
import { count } from "./stats";
import { lacksToken } from "./token";

/** A request under way. */
export interface Posted {
  answer: Promise<Response>;
  number: number;
  /** Calls in it, events that end in it, and what it tells was given up. */
  calls: number;
  events: number;
  told: Record<string, number>;
}

/**
 * Posts the first of the calls that wait. They go on waiting until they are acknowledged: a page that was put away may
 * come back, and the collector suppresses what it has. Undefined: nothing has ended.
 */
export const post = (scope: Scope, keepalive: boolean): Posted | undefined => {
  const { wall, epoch } = now();
  const { page: seed, nextBatch: number, resource, untold } = scope;
  const calls: Call[] = [];
  const head = { weft: 0, seed, number, sent: Math.floor(wall), epoch, resource, dropped: untold };
  let bytes = 0;
  for (const call of scope.calls) {
    bytes += new Blob([JSON.stringify(call)]).size;
    if (bytes > KEEPALIVE_BYTES && calls.length > 0) break;
    calls.push(call);
  }
  const events = calls.filter(([what]) => what === "finish").length;
  if (events === 0 || scope.consent !== "granted" || lacksToken(scope)) return undefined;
  const body = JSON.stringify({ ...head, calls });
  const answer = request(scope, body, body.length, keepalive);
  return { answer, number, calls: calls.length, events, told: { ...untold } };
};

/** What `raw.ts` needs of other files. */
export const rawTools = () => ({ backOff, count, giveUp, monotonicNow, plainTimeout, post });

export type RawTools = ReturnType<typeof rawTools>;
