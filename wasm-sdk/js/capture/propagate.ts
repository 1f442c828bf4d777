// Who gets our headers: requests to the page's own origin and to origins that the page lists, and never a path that
// left them before.

import type { Started } from "../event";
import { decisionOf } from "../sampling";
import type { Scope } from "../scope";

/** Off; or on, for further origins too, but for paths that begin with one of these. */
export type Propagate = boolean | { to?: string[]; except?: string[] };

const enum Limit {
  /** Paths remembered as leaving the origin. */
  maxLeft = 100,
}

// Paths that were redirected to another origin, or failed with our headers and not without.
const left = new Set<string>();

export const joins = ({ origin, pathname }: URL, { options: { propagate = true }, consent }: Scope): boolean => {
  if (consent !== "granted" || !propagate || left.has(origin + pathname)) return false;
  const { to = [], except = [] } = propagate === true ? {} : propagate;
  const isListed = origin === location.origin || to.includes(origin);
  return isListed && !except.some((prefix) => pathname.startsWith(prefix));
};

/** What joins a request to its event: W3C Trace Context level 2 (random flag, and whether it is kept) and Baggage. */
export const headersOf = (
  { first, ids }: Scope,
  { number, root, session }: Started,
): [name: string, value: string][] => {
  const [kept, state] = decisionOf(first ?? session);
  return [
    ["traceparent", `00-${ids.trace(root.number)}-${ids.span(number)}-0${kept ? 3 : 2}`],
    ["tracestate", state],
    ["baggage", `session.id=${session.id}`],
  ];
};

/** Remembers a path whose answer came from an origin that gets no headers, or that failed. */
export const leave = (url: URL, scope: Scope, answeredBy?: string): void => {
  const stayed = answeredBy !== undefined && joins(new URL(answeredBy), scope);
  if (!stayed && left.size < Limit.maxLeft) left.add(url.origin + url.pathname);
};
