// Requests by XMLHttpRequest, from `send` to their end. Neither bodies nor answers are read.
//
// Unlike fetch they cannot be repeated without our headers behind the page's back, so a path that fails with them is
// left alone from then on and the failure is the page's to see, as any other would be.

import { patch } from "../patch";
import { guarded } from "../guard";
import type { Scope } from "../scope";
import { currentSpan } from "../span";
import { headersOf, joins, leave } from "./propagate";
import { beginCall, endCall } from "./request";

interface Opened {
  method: string;
  url: string;
  /** The page has joined it to a trace itself. */
  traced: boolean;
}

/** Begins to capture. Returns what undoes it. */
export const captureXhr = (scope: Scope): (() => void) => {
  if (typeof XMLHttpRequest !== "function") return () => {};
  let active = true;
  const opened = new WeakMap<XMLHttpRequest, Opened>();
  const { prototype } = XMLHttpRequest;
  type Methods = Record<"open" | "send" | "setRequestHeader", (this: XMLHttpRequest, ...args: unknown[]) => void>;
  const methods = prototype as unknown as Methods;
  const before = (name: keyof Methods, look: (request: XMLHttpRequest, args: unknown[]) => void): (() => void) =>
    patch(
      methods,
      name,
      (original) =>
        function (this: XMLHttpRequest, ...args: unknown[]) {
          if (active) guarded(() => look(this, args))();
          return original.apply(this, args);
        },
    );
  const undos = [
    before("open", (request, [method, url]) => {
      opened.set(request, { method: String(method), url: String(url), traced: false });
    }),
    before("setRequestHeader", (request, [name]) => {
      const known = opened.get(request);
      if (known && String(name).toLowerCase() === "traceparent") known.traced = true;
    }),
    before("send", (request) => {
      const known = opened.get(request);
      if (known) begin(scope, request, known);
    }),
  ];
  return () => {
    active = false;
    undos.forEach((undo) => undo());
  };
};

const begin = (scope: Scope, request: XMLHttpRequest, { method, url, traced }: Opened): void => {
  const call = beginCall(scope, url, method, currentSpan(scope));
  if (!call) return;
  // `loadend` comes last, whatever happened; what happened is known before it.
  let error = "_OTHER";
  const failed = (event: Event): void => {
    error = event.type === "abort" ? "AbortError" : event.type === "timeout" ? "TimeoutError" : "NetworkError";
  };
  for (const type of ["error", "abort", "timeout"]) request.addEventListener(type, failed, { once: true });
  const joined = !traced && joins(call.url, scope);
  const ended = guarded(() => {
    for (const type of ["error", "abort", "timeout"]) request.removeEventListener(type, failed);
    if (joined && request.status === 0 && error === "NetworkError" && navigator.onLine) leave(call.url, scope);
    endCall(scope, call, request.status ? { code: request.status } : { error });
  });
  request.addEventListener("loadend", ended, { once: true });
  if (!joined) return;
  const headers = Object.entries(headersOf(scope.recorder, call.event));
  for (const [name, value] of headers) request.setRequestHeader(name, value);
};
