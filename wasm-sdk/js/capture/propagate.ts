// Who gets our headers: requests to the page's own origin, and never one that left it before.

import { propagation, type Started } from "../record";

/** Off, or on but for paths that begin with one of these. */
export type Propagate = boolean | { except: string[] };

export interface Joined {
  /** With our headers. */
  request: Request;
  /** As the page made it, where repeating it changes nothing at the server. */
  again: Request | undefined;
}

/** Paths remembered as leaving the origin. */
const MAX_LEFT = 100;

const SAFE = new Set(["GET", "HEAD"]);

// Paths that were redirected to another origin, or failed with our headers and not without.
const left = new Set<string>();

export const headersFor = (url: URL, propagate: Propagate): boolean =>
  propagate !== false &&
  url.origin === location.origin &&
  !left.has(url.pathname) &&
  !(typeof propagate === "object" && propagate.except.some((prefix) => url.pathname.startsWith(prefix)));

/**
 * The request with our headers. Made by the browser from what the page gave, so that nothing it means is lost:
 * options may be inherited, header lists may be read once only.
 */
export const join = (input: RequestInfo | URL, init: RequestInit | undefined, event: Started): Joined => {
  const request = new Request(input, init);
  const again = SAFE.has(request.method) ? new Request(request) : undefined;
  // Decided by what the browser made of it; and a request that the app joined to a trace itself is left alone.
  if (new URL(request.url).origin === location.origin && !request.headers.has("traceparent")) {
    const { traceparent, tracestate, baggage } = propagation(event);
    request.headers.set("traceparent", traceparent);
    if (!request.headers.has("tracestate")) request.headers.set("tracestate", tracestate);
    // Baggage is a list (W3C Baggage, "Header content"): what the app says stays in it.
    request.headers.append("baggage", baggage);
  }
  return { request, again };
};

/** Remembers a path whose answer came from another origin, or that failed. */
export const leave = (url: URL, response?: Response): void => {
  const stayed = response && (!response.redirected || new URL(response.url).origin === location.origin);
  if (!stayed && left.size < MAX_LEFT) left.add(url.pathname);
};
