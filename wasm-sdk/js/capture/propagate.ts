// Who gets our headers: requests to the page's own origin and to origins that the page lists, and never a path that
// left them before.

import type { Started } from "../event";
import type { Recorder } from "../record";
import type { Scope } from "../scope";

/** Off; or on, for further origins too, but for paths that begin with one of these. */
export type Propagate = boolean | { to?: string[]; except?: string[] };

export interface JoiningHeaders {
  traceparent: string;
  tracestate: string;
  baggage: string;
}

/** Paths remembered as leaving the origin. */
const MAX_LEFT = 100;

// Paths that were redirected to another origin, or failed with our headers and not without.
const left = new Set<string>();

export const joins = (url: URL, { options: { propagate = true }, mayPropagate }: Scope): boolean => {
  if (!mayPropagate || propagate === false || left.has(url.origin + url.pathname)) return false;
  const { to = [], except = [] } = propagate === true ? {} : propagate;
  const isListed = url.origin === location.origin || to.includes(url.origin);
  return isListed && !except.some((prefix) => url.pathname.startsWith(prefix));
};

/** What joins a request to its event: W3C Trace Context level 2 (random flag) and Baggage. */
export const headersOf = ({ ids }: Recorder, { number, root, session }: Started): JoiningHeaders => ({
  traceparent: `00-${ids.trace(root.number)}-${ids.span(number)}-03`,
  tracestate: `ot=rv:${session.randomness}`,
  baggage: `session.id=${session.id}`,
});

/** Remembers a path whose answer came from an origin that gets no headers, or that failed. */
export const leave = (url: URL, scope: Scope, answeredBy?: string): void => {
  const stayed = answeredBy !== undefined && joins(new URL(answeredBy), scope);
  if (!stayed && left.size < MAX_LEFT) left.add(url.origin + url.pathname);
};
