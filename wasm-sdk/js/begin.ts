// What this copy of the package records with.

import type { Early } from "./early";
import type { Handle } from "./handle";
import { problemWith, type Options } from "./options";
import { join } from "./registry";

let mine: Handle | undefined;

/** Undefined: nothing is recorded (yet), so calls do nothing. */
export const current = (): Handle | undefined => mine;

/** Begins to record, with what a stub left. The first call wins. */
export const begin = (options: Options, early?: Early): Handle | undefined => {
  // In Node, in a worker and during server-side rendering there is no page.
  if (typeof document === "undefined") return undefined;
  const problem = problemWith(options);
  if (!problem) return (mine ??= join(options, early));
  if (options?.debug) console.warn(`weft: nothing is recorded: ${problem}`);
  return undefined;
};
