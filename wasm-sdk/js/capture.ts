// Step 1 of 8, capture: the DOM and the app → calls into the module.

import { captureFetch } from "./capture/fetch";
import { captureClicks, captureKeys, captureSubmits } from "./capture/interaction";
import { captureLoad } from "./capture/load";
import { captureRoutes } from "./capture/route";
import { causeNow } from "./causes";
import { watchClock } from "./clock";
import { Role, type Started } from "./event";
import { safely } from "./guard";
import { moment } from "./record";
import type { Scope } from "./scope";

/** Begins to capture in a scope, until that is shut down. */
export type Capture = (scope: Scope) => void;

/** What a page is told by if it does not say more: page loads, routes, what people do, and requests by fetch. */
export const basic: readonly Capture[] = [captureClicks, captureSubmits, captureKeys, captureFetch, captureRoutes];

/**
 * Begins to capture: the page load, which is event 0 of every page, and everything else where that is recorded.
 * `arrived` hears when the load has started and resolves when it is known where the document comes from.
 */
export const capture = (scope: Scope, arrived: (load: Started) => Promise<void>): void => {
  captureLoad(scope, arrived);
  if (!scope.captures) return;
  scope.causeNow = causeNow;
  // One that fails must not take the others with it.
  for (const begin of scope.options.capture ?? basic) safely(begin, scope);
  watchClock((ms) => void moment(scope, "weft.clock.jump", { "weft.clock.jump_ms": Math.round(ms) }, Role.mark));
};
