// Step 1 of 8, capture: the DOM and the app → calls into the module.

import { captureClicks } from "./capture/click";
import { captureFetch } from "./capture/fetch";
import { captureLoad } from "./capture/load";
import type { Propagate } from "./capture/propagate";
import { watchClock } from "./clock";
import { finish, role, start } from "./record";

/** Begins to capture. Returns what undoes it. */
export const capture = (propagate: Propagate): (() => void) => {
  // Event 0 is the page load, so it starts before anything else can.
  const undo = [captureLoad(), captureClicks(), captureFetch(propagate)];
  watchClock((ms) => {
    finish(start(role.mark), 0, "weft.clock.jump", { "weft.clock.jump_ms": Math.round(ms) });
  });
  return () => undo.forEach((step) => step());
};
