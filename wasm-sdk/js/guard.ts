// Nothing of ours ever throws into the page: what fails inside is counted and shown by `stats()`.

import { counters } from "./stats";

/** What `work` returns; undefined: it failed. */
export const safely = <Args extends unknown[], Result>(
  work: (...args: Args) => Result,
  ...args: Args
): Result | undefined => {
  try {
    return work(...args);
  } catch {
    counters.errors++;
    return undefined;
  }
};

/** `work`, made safe to hand to the browser as a callback. */
export const guarded =
  <Args extends unknown[]>(work: (...args: Args) => void): ((...args: Args) => void) =>
  (...args) =>
    void safely(work, ...args);

/** What `work` returns; undefined: it failed, as it may. */
export const attempt = <Result>(work: () => Result): Result | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};
