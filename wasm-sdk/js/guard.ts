// Nothing of ours ever throws into the page: what fails inside is counted and shown by `stats()`.

import { counters } from "./stats";

/** `work`, made safe to hand to the browser as a callback. */
export const guarded =
  <Args extends unknown[]>(work: (...args: Args) => void): ((...args: Args) => void) =>
  (...args) => {
    try {
      work(...args);
    } catch {
      counters.errors++;
    }
  };
