// Step 1 of 8, capture: the DOM and the app → calls into the module.

import { captureFetch } from "./capture/fetch";
import { captureClicks, captureKeys, captureSubmits } from "./capture/interaction";
import { captureLoad } from "./capture/load";
import { captureRoutes } from "./capture/route";
import { causeNow } from "./causes";
import { watchClock } from "./clock";
import { guarded } from "./guard";
import { role, type Started } from "./event";
import type { Scope } from "./scope";

/** Begins to capture something in a scope. Returns what undoes it. */
export type Capture = (scope: Scope) => () => void;

/** What a page is told by if it does not say more: page loads, routes, what people do, and requests by fetch. */
export const basic: readonly Capture[] = [captureClicks, captureSubmits, captureKeys, captureFetch, captureRoutes];

/**
 * Begins to capture; `all`: not only the page load, which is event 0 of every page. `arrived` hears when that has
 * started and resolves when it is known where the document comes from. Returns what undoes it.
 */
export const capture = (scope: Scope, all: boolean, arrived: (load: Started) => Promise<void>): (() => void) => {
  const undos: (() => void)[] = [];
  // Event 0 is the page load, so it starts before anything else can.
  undos.push(captureLoad(scope, arrived));
  if (all) {
    scope.recorder.causeNow = causeNow;
    // One that fails must not take the others with it.
    for (const begin of scope.options.capture ?? basic) guarded(() => void undos.push(begin(scope)))();
    watchClock((ms) => {
      scope.recorder.moment("weft.clock.jump", { "weft.clock.jump_ms": Math.round(ms) }, role.mark);
    });
  }
  return () => undos.reverse().forEach((undo) => guarded(undo)());
};
