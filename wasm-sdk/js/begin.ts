// What this copy of the package records with.

import type { Early } from "./early";
import type { Handle } from "./handle";
import { hint } from "./hint";
import type { Options } from "./options";
import { join } from "./registry";
import { shareCounters } from "./stats";

let mine: Handle | undefined;

/** Undefined: nothing is recorded (yet), so calls do nothing. */
export const current = (): Handle | undefined => mine;

/** The same, only while it records. */
export const recording = (): Handle | undefined => (mine?.records() ? mine : undefined);

/** Begins to record, with what a stub left. The first call wins. */
export const begin = (options: Options, early?: Early): void => {
  // In Node, in a worker and during server-side rendering there is no page.
  if (mine || typeof document === "undefined") return;
  try {
    // Not only the compiler looks at it: most pages are not compiled. What is no address throws by itself.
    if (!options.key || !options.endpoint) throw new TypeError("init() needs `key` and `endpoint`");
    const { sampleRate = 1 } = options;
    if (!Number.isFinite(sampleRate) || Math.abs(sampleRate - 0.5) > 0.5)
      throw new TypeError("init() needs a number from 0 to 1 as `sampleRate`");
    mine = join(options, early);
    if (mine) shareCounters(mine.counters);
  } catch (error) {
    hint(options, "nothing is recorded:", error);
  }
};
