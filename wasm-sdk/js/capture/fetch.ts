// Requests by fetch, from the call to the head of the answer. Bodies are neither read nor cloned.

import { guarded } from "../guard";
import { elapsed, finish, kind, propagation, role, start, status, type Started } from "../record";
import { dispatching } from "./click";

const original = window.fetch;

/** fetch as the page had it: for our own requests, which must not be captured. */
export const plainFetch: typeof fetch = (...args) => original.apply(window, args);

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"]);

interface Call {
  url: URL;
  method: string;
  headers: Headers;
}

const describe = (input: RequestInfo | URL, init: RequestInit | undefined): Call => {
  const request = input instanceof Request ? input : undefined;
  return {
    url: new URL(request?.url ?? String(input), document.baseURI),
    method: (init?.method ?? request?.method ?? "GET").toUpperCase(),
    headers: new Headers(init?.headers ?? request?.headers),
  };
};

/** `init` with our headers, for requests that stay on the page's origin; a request the app joined itself stays. */
const joined = (call: Call, init: RequestInit | undefined, event: Started): RequestInit | undefined => {
  if (call.url.origin !== location.origin || call.headers.has("traceparent")) return init;
  const { traceparent, tracestate, baggage } = propagation(event);
  if (!traceparent || !tracestate || !baggage) return init;
  call.headers.set("traceparent", traceparent);
  call.headers.set("tracestate", tracestate);
  // Baggage is a list (W3C Baggage, "Header content"): what the app says stays in it.
  call.headers.append("baggage", baggage);
  return { ...init, headers: call.headers };
};

const end = (event: Started, call: Call, response: Response | undefined, error: unknown): void => {
  const { duration, attributes } = elapsed(event);
  const code = response?.status || undefined;
  const failed = response ? code !== undefined && code >= 400 : true;
  const { url, method } = call;
  const known = METHODS.has(method);
  finish(
    event,
    duration,
    known ? method : "HTTP",
    {
      "http.request.method": known ? method : "_OTHER",
      "url.full": url.href,
      "server.address": url.hostname,
      "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80),
      "http.response.status_code": code,
      "error.type": failed ? String(code ?? (error instanceof Error ? error.name : "_OTHER")) : undefined,
      ...attributes,
    },
    kind.client,
    failed ? status.error : status.unset,
  );
};

let active = false;

const captured = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
  let event: Started | undefined;
  let call: Call | undefined;
  let sent = init;
  guarded(() => {
    if (!active) return;
    call = describe(input, init);
    if (!call.url.protocol.startsWith("http")) return;
    event = start(role.none, undefined, dispatching());
    sent = joined(call, init, event);
  })();
  const answer = plainFetch(input, sent);
  const ended = guarded((response: Response | undefined, error?: unknown) => {
    if (event && call) end(event, call, response, error);
  });
  // A branch of its own: the page gets the very promise the browser made, and its rejection stays its own.
  answer.then(ended, (error: unknown) => ended(undefined, error));
  return answer;
};

export const captureFetch = (): (() => void) => {
  active = true;
  window.fetch = captured;
  return () => {
    active = false;
    // Somebody may have wrapped ours since: then it stays, as a pass-through for them.
    if (window.fetch === captured) window.fetch = original;
  };
};
