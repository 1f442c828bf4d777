// One line on the console for who asked for it, and silence for everybody else.

import type { Options } from "./options";

/** Says what went wrong and what to change. */
export const hint = (options: Partial<Options> | undefined, ...said: unknown[]): void => {
  if (options?.debug) console.warn("weft:", ...said);
};
