// Where a document comes from: it may stand in for one that was discarded or reloaded, or have been opened by another
// page. Each page keeps its load's and last root's ids in sessionStorage, which outlives the document and is copied
// to tabs that it opens; a copy is told by its original, which still answers.

import { whoLives } from "./channel";
import { wallNow } from "./clock";
import { LinkKind, type Started } from "./event";
import type { Late } from "./ids";
import { link } from "./record";
import type { Scope } from "./scope";
import { forget, parsed, store, written } from "./storage";

export interface Trail {
  /** Seed of the page in hex, by which it answers. */
  page: string;
  /** Trace and span ids of its load and of its last root, 48 hex digits. Empty: the page is not kept. */
  load: Late;
  root: Late;
}

const enum Limit {
  /** ms between two writes for roots that are no interactions. */
  writeEvery = 1_000,
}

const IDS = /^([\da-f]{48})?,([\da-f]{48})?$/;

const nameOf = ({ options }: Scope): string => `weft.page.${options.key}`;

/** What the navigation was, as the browser has it. */
export type NavigationTiming = PerformanceNavigationTiming & { activationStart?: number; responseStatus?: number };

export const navigation = (): NavigationTiming | undefined =>
  performance.getEntriesByType("navigation")[0] as NavigationTiming | undefined;

/** What the document before this one has left. */
export const trailBefore = (scope: Scope): Trail | undefined => {
  const { page, load, root } = (parsed(written(scope.tabStore, nameOf(scope))) ?? {}) as Partial<Trail>;
  return page && IDS.test(`${load},${root}`) ? ({ page, load, root } as Trail) : undefined;
};

/**
 * Links the page load to what it stands in for. Resolves when it is known whether it does: a wrong link is worse than a
 * late event.
 */
export const linkArrival = async (scope: Scope, load: Started, before: Trail | undefined): Promise<void> => {
  if (!before || scope.abandoned) return;
  const discarded = (document as Document & { wasDiscarded?: boolean }).wasDiscarded;
  const again = discarded || /reload|back/.test(String(navigation()?.type));
  // A tab that was opened by a page gets a copy of what that page had stored.
  const opened = !again && window.opener !== null;
  if (!again && !opened) return;
  if (!opened && !discarded && (await whoLives(scope, [before.page])).has(before.page)) return;
  const targets = opened ? [before.root] : new Set([before.load, before.root]);
  for (const to of targets) link(scope, load, opened ? LinkKind.opener : LinkKind.restored, `${to}`);
};

/** A root of this page has begun. */
export const keepTrail = (scope: Scope, root: Late, now: boolean): void => {
  scope.trail = { page: scope.page, load: scope.trail?.load ?? root, root };
  if (now || wallNow() - scope.trailWritten > Limit.writeEvery) saveTrail(scope);
};

/** Writes what is known now. */
export const saveTrail = (scope: Scope): void => {
  if (!scope.trail) return;
  scope.trailWritten = wallNow();
  store(scope.tabStore, nameOf(scope), scope.trail);
};

export const forgetTrail = (scope: Scope): void => {
  scope.trail = undefined;
  forget(scope.tabStore, nameOf(scope));
};
