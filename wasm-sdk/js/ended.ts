// Which pages of this origin have ended as pages do. What is written in `pagehide` must be written at once, and of all
// storage only this is: Firefox loses transactions that begin there.

import { attempt } from "./guard";
import type { Ids } from "./ids";

const ENDED = "weft.ended";

const enum Limit {
  /** Pages remembered as having ended. Who is forgotten is taken for killed, which says "unknown". */
  maxEnded = 32,
}

const ended = (): string[] => attempt(() => localStorage.getItem(ENDED)?.split(",")) ?? [];

const remember = (pages: string[]): void =>
  void attempt(() => localStorage.setItem(ENDED, pages.slice(-Limit.maxEnded).join()));

/** A page ends as pages do. It is named by its id: seeds are secrets of the journal. */
export const endWell = (ids: Ids): void => remember([...ended(), ids.page()]);

export const endedWell = (ids: Ids): boolean => ended().includes(ids.page());

/** It did not end after all. */
export const notEnded = (ids: Ids): void => {
  if (endedWell(ids)) remember(ended().filter((page) => page !== ids.page()));
};
