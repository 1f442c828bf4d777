// Requests by fetch, from the call to the head of the answer. Bodies are neither read nor cloned.

import { guarded } from "../guard";
import { elapsed, finish, kind, role, start, status, type Started } from "../record";
import { counters } from "../stats";
import { dispatching } from "./click";
import { headersFor, join, leave, type Joined, type Propagate } from "./propagate";

// fetch as it was when this file was loaded: our own requests must pass nobody's interceptor, ours included.
const ours: typeof fetch | undefined = globalThis.fetch;

/** For requests of the SDK itself. */
export const plainFetch: typeof fetch = (...args) =>
  ours ? ours.apply(globalThis, args) : Promise.reject(new TypeError("weft: no fetch here"));

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"]);

/** A request under way. */
interface Call {
  event: Started;
  url: URL;
  method: string;
  joined: Joined | undefined;
}

const begin = (input: RequestInfo | URL, init: RequestInit | undefined, propagate: Propagate): Call | undefined => {
  // By its tag: a Request of an iframe is none of this window's.
  const request = Object.prototype.toString.call(input) === "[object Request]" ? (input as Request) : undefined;
  const url = new URL(request?.url ?? String(input), document.baseURI);
  if (!url.protocol.startsWith("http")) return undefined;
  const method = String(init?.method ?? request?.method ?? "GET").toUpperCase();
  const event = start(role.none, undefined, dispatching());
  const call: Call = { event, url, method, joined: undefined };
  // What cannot be made into a request fails as it would have, and its event ends with that.
  guarded(() => {
    if (headersFor(url, propagate)) call.joined = join(input, init, event);
  })();
  return call;
};

const end = ({ event, url, method }: Call, response: Response | undefined, error: unknown): void => {
  const { duration, attributes } = elapsed(event);
  const code = response?.status || undefined;
  const failed = response ? code !== undefined && code >= 400 : true;
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

/** Begins to capture. Returns what undoes it. */
export const captureFetch = (propagate: Propagate): (() => void) => {
  const original = window.fetch;
  let active = true;

  const send = async (call: Call, joined: Joined): Promise<Response> => {
    try {
      const response = await original.call(window, joined.request);
      guarded(() => leave(call.url, response))();
      return response;
    } catch (error) {
      // Our headers make a request that is redirected to another origin ask for permission there, which it may not
      // get. Where it is safe to repeat, it is repeated as the page made it, and the path is left alone from then on.
      if (!joined.again || !(error instanceof TypeError) || navigator.onLine === false) throw error;
      counters.repeated++;
      leave(call.url);
      return original.call(window, joined.again);
    }
  };

  const captured = (...args: Parameters<typeof fetch>): Promise<Response> => {
    let call: Call | undefined;
    if (active && args.length > 0) guarded(() => (call = begin(args[0], args[1], propagate)))();
    if (!call) return original.apply(window, args);
    const under = call;
    const answer = under.joined ? send(under, under.joined) : original.apply(window, args);
    const ended = guarded((response: Response | undefined, error?: unknown) => end(under, response, error));
    // Handed on, not branched off: what the page does not handle must still be reported as unhandled.
    return answer.then(
      (response) => (ended(response), response),
      (error: unknown) => {
        ended(undefined, error);
        throw error;
      },
    );
  };

  window.fetch = captured;
  return () => {
    active = false;
    // Somebody may have wrapped ours since: then it stays, as a pass-through for them.
    if (window.fetch === captured) window.fetch = original;
  };
};
