// Spans that are open when a batch is sealed: from then on batches say that they are, so that what a page was at when it
// ended without a word is known. Spans that are over by then, as most are, cost nothing.

import type { Started } from "../event";
import { guarded } from "../guard";
import type { Handle } from "../handle";

const enum Limit {
  /** Open spans that are watched: apps forget to end theirs. */
  maxOpen = 200,
}

// By what all handles of one scope share.
const all = new WeakMap<object, Map<Started, () => void>>();

const openOf = ({ beforeSeal }: Handle): Map<Started, () => void> => {
  const known = all.get(beforeSeal);
  if (known) return known;
  const open = new Map<Started, () => void>();
  all.set(beforeSeal, open);
  beforeSeal.push(() => {
    const tell = [...open.values()].map(guarded);
    open.clear();
    for (const each of tell) each();
  });
  return open;
};

/** Calls `tell` if it is still open when a batch is sealed. */
export const tellIfOpen = (handle: Handle, started: Started, tell: () => void): void => {
  const open = openOf(handle);
  if (open.size < Limit.maxOpen) open.set(started, tell);
};

/** It has ended. */
export const tellNoMore = (handle: Handle, started: Started): void => void openOf(handle).delete(started);
