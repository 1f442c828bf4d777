// Requests by XMLHttpRequest, from `send` to their end. Neither bodies nor answers are read.
//
// Unlike fetch they cannot be repeated without our headers behind the page's back, so a path that fails with them is
// left alone from then on and the failure is the page's to see, as any other would be.

import { guarded, safely } from "../guard";
import { patch } from "../patch";
import type { Scope } from "../scope";
import { headersOf, joins, leave } from "./propagate";
import { beginCall, endCall } from "./request";

interface Opened {
  method: string;
  url: string;
  /** The page has joined it to a trace itself. */
  traced?: boolean;
}

/** Begins to capture. */
export const captureXhr = (scope: Scope): void => {
  const opened = new WeakMap<XMLHttpRequest, Opened>();
  type Methods = Record<"open" | "send" | "setRequestHeader", (this: XMLHttpRequest, ...args: unknown[]) => void>;
  const before = (name: keyof Methods, look: (request: XMLHttpRequest, args: unknown[]) => void): void =>
    patch(
      scope,
      XMLHttpRequest.prototype as unknown as Methods,
      name,
      (original) =>
        function (this: XMLHttpRequest, ...args: unknown[]) {
          if (!scope.closed) safely(look, this, args);
          return original.apply(this, args);
        },
    );
  before("open", (request, [method, url]) => opened.set(request, { method: String(method), url: String(url) }));
  before("setRequestHeader", (request, [name]) => {
    const known = opened.get(request);
    if (known && String(name).toLowerCase() === "traceparent") known.traced = true;
  });
  before("send", (request) => {
    const known = opened.get(request);
    if (known) begin(scope, request, known);
  });
};

/** What happened, as `error.type`. */
const ERRORS: Record<string, string> = { abort: "AbortError", timeout: "TimeoutError", error: "NetworkError" };

const begin = (scope: Scope, request: XMLHttpRequest, { method, url, traced }: Opened): void => {
  const call = beginCall(scope, url, method);
  if (!call) return;
  const joined = !traced && joins(call.url, scope);
  // `loadend` comes last, whatever happened; what happened is known before it.
  let error = "_OTHER";
  const heard = guarded(({ type }: Event) => {
    error = ERRORS[type] ?? error;
    if (type !== "loadend") return;
    for (const one of types) request.removeEventListener(one, heard);
    const { status } = request;
    if (joined && !status && error === "NetworkError" && navigator.onLine) leave(call.url, scope);
    // All of them at once: asked for one that it may not read, a browser complains on the console.
    const id = joined ? null : /^x-request-id: *(\S+)/im.exec(request.getAllResponseHeaders())?.[1];
    endCall(scope, call, status, status ? undefined : error, id);
  });
  const types = [...Object.keys(ERRORS), "loadend"];
  for (const type of types) request.addEventListener(type, heard);
  if (joined) for (const [name, value] of headersOf(scope, call.event)) request.setRequestHeader(name, value);
};
