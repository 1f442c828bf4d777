// Requests by fetch, from the call to the head of the answer. Bodies are neither read nor cloned.

import { errorType } from "../event";
import { safely } from "../guard";
import { patch } from "../patch";
import type { Scope } from "../scope";
import { counters } from "../stats";
import { headersOf, joins, leave } from "./propagate";
import { beginCall, endCall, type Call } from "./request";

/** A request of the page: its event, and with our headers, if it gets them. */
interface Begun {
  call?: Call | undefined;
  request?: Request;
  /** As the page made it, where repeating it changes nothing at the server. */
  again?: Request | undefined;
}

/** Begins to capture. */
export const captureFetch = (scope: Scope): void =>
  patch(scope, window, "fetch", (original) => (...args) => {
    const begun: Begun = {};
    if (!scope.closed && args.length > 0) safely(begin, scope, args, begun);
    const { call, request } = begun;
    const answer = request ? send(scope, begun, request, original) : original.apply(window, args);
    if (!call) return answer;
    // Handed on, not branched off: what the page does not handle must still be reported as unhandled.
    return answer.then(
      (response) => {
        safely(answered, scope, begun, call, response);
        return response;
      },
      (error: unknown) => {
        safely(endCall, scope, call, undefined, errorType(error));
        throw error;
      },
    );
  });

const answered = (scope: Scope, { request }: Begun, call: Call, { status, headers }: Response): void =>
  endCall(scope, call, status, undefined, request ? null : headers.get("x-request-id"));

// In two steps: what cannot be made into a request fails as it would have, and its event ends with that.
const begin = (scope: Scope, [input, init]: Parameters<typeof fetch>, begun: Begun): void => {
  // By its tag: a Request of an iframe is none of this window's.
  const given = Object.prototype.toString.call(input) === "[object Request]" ? (input as Request) : undefined;
  begun.call = beginCall(scope, given?.url ?? String(input), String(init?.method ?? given?.method ?? "GET"));
  if (begun.call && joins(begun.call.url, scope)) join(scope, input, init, begun, begun.call);
};

/**
 * The request with our headers. Made by the browser from what the page gave, so that nothing it means is lost:
 * options may be inherited, header lists may be read once only.
 */
const join = (
  scope: Scope,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  begun: Begun,
  { event }: Call,
): void => {
  const request = new Request(input, init);
  const { headers, method, mode, url } = request;
  begun.request = request;
  if (/^(GET|HEAD)$/.test(method)) begun.again = new Request(request);
  // Decided by what the browser made of it; and a request that the app joined to a trace itself is left alone.
  if (!joins(new URL(url), scope) || headers.has("traceparent") || mode === "no-cors") return;
  for (const [name, value] of headersOf(scope, event)) {
    // Baggage is a list (W3C Baggage, "Header content"): what the app says stays in it, as does its state.
    if (name === "baggage") headers.append(name, value);
    else if (!headers.has(name)) headers.set(name, value);
  }
};

const send = async (
  scope: Scope,
  { call, again }: Begun,
  request: Request,
  original: typeof fetch,
): Promise<Response> => {
  try {
    const response = await original.call(window, request);
    if (call && response.redirected) safely(leave, call.url, scope, response.url);
    return response;
  } catch (error) {
    // Our headers make a request that is redirected to another origin ask for permission there, which it may not
    // get. Where it is safe to repeat, it is repeated as the page made it, and the path is left alone from then on.
    if (!call || !again || !(error instanceof TypeError) || !navigator.onLine) throw error;
    counters.repeated++;
    leave(call.url, scope);
    return original.call(window, again);
  }
};
