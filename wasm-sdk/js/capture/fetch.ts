// Requests by fetch, from the call to the head of the answer. Bodies are neither read nor cloned.

import { patch } from "../patch";
import { errorType } from "../event";
import { guarded } from "../guard";
import { currentSpan } from "../span";
import { counters } from "../stats";
import type { Scope } from "../scope";
import { headersOf, joins, leave } from "./propagate";
import { beginCall, endCall, type Call } from "./request";

const SAFE = new Set(["GET", "HEAD"]);

/** A request with our headers. */
interface Joined {
  request: Request;
  /** As the page made it, where repeating it changes nothing at the server. */
  again: Request | undefined;
}

/** Begins to capture. Returns what undoes it. */
export const captureFetch = (scope: Scope): (() => void) => {
  let active = true;
  const undo = patch(window, "fetch", (original) => {
    const pass = (args: Parameters<typeof fetch>): Promise<Response> => original.apply(window, args);
    return (...args) => {
      const begun: { call?: Call; joined?: Joined } = {};
      if (active && args.length > 0) guarded(() => begin(scope, args, begun))();
      const { call, joined } = begun;
      if (!call) return pass(args);
      const answer = joined ? send(scope, call, joined, original) : pass(args);
      const ended = guarded((response: Response | undefined, error?: unknown) =>
        endCall(scope, call, response ? { code: response.status } : { error: errorType(error) }),
      );
      // Handed on, not branched off: what the page does not handle must still be reported as unhandled.
      return answer.then(
        (response) => (ended(response), response),
        (error: unknown) => {
          ended(undefined, error);
          throw error;
        },
      );
    };
  });
  return () => {
    active = false;
    undo();
  };
};

// In two steps: what cannot be made into a request fails as it would have, and its event ends with that.
const begin = (
  scope: Scope,
  [input, init]: Parameters<typeof fetch>,
  begun: { call?: Call; joined?: Joined },
): void => {
  // By its tag: a Request of an iframe is none of this window's.
  const request = Object.prototype.toString.call(input) === "[object Request]" ? (input as Request) : undefined;
  const call = beginCall(
    scope,
    request?.url ?? String(input),
    String(init?.method ?? request?.method ?? "GET"),
    currentSpan(scope),
  );
  if (!call) return;
  begun.call = call;
  if (joins(call.url, scope)) begun.joined = join(scope, input, init, call);
};

/**
 * The request with our headers. Made by the browser from what the page gave, so that nothing it means is lost:
 * options may be inherited, header lists may be read once only.
 */
const join = (scope: Scope, input: RequestInfo | URL, init: RequestInit | undefined, { event }: Call): Joined => {
  const request = new Request(input, init);
  const again = SAFE.has(request.method) ? new Request(request) : undefined;
  // Decided by what the browser made of it; and a request that the app joined to a trace itself is left alone.
  if (joins(new URL(request.url), scope) && !request.headers.has("traceparent") && request.mode !== "no-cors") {
    const { traceparent, tracestate, baggage } = headersOf(scope.recorder, event);
    request.headers.set("traceparent", traceparent);
    if (!request.headers.has("tracestate")) request.headers.set("tracestate", tracestate);
    // Baggage is a list (W3C Baggage, "Header content"): what the app says stays in it.
    request.headers.append("baggage", baggage);
  }
  return { request, again };
};

const send = async (
  scope: Scope,
  { url }: Call,
  { request, again }: Joined,
  original: typeof fetch,
): Promise<Response> => {
  try {
    const response = await original.call(window, request);
    if (response.redirected) guarded(() => leave(url, scope, response.url))();
    return response;
  } catch (error) {
    // Our headers make a request that is redirected to another origin ask for permission there, which it may not
    // get. Where it is safe to repeat, it is repeated as the page made it, and the path is left alone from then on.
    if (!again || !(error instanceof TypeError) || navigator.onLine === false) throw error;
    counters.repeated++;
    leave(url, scope);
    return original.call(window, again);
  }
};
