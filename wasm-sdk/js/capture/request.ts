// A request of the page, however it was made: its event, its attributes, and what is open when the page is hidden.

import { causeNow, continued } from "../causes";
import { elapsed, kind, role, status, type Cause, type Ended, type Started } from "../event";
import type { Scope } from "../scope";
import type { Attributes } from "../wasm";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"]);

/** A request under way. */
export interface Call {
  event: Started;
  url: URL;
  method: string;
  cause: Cause | undefined;
}

/** How it ended: with an answer, or not. */
export type Outcome = { code: number | undefined } | { error: string };

/** Ended requests for which the browser may still tell times. */
const MAX_TOLD = 50;

/** Requests of one scope. */
interface Requests {
  /** Whether anybody will tell the times of requests. */
  timesCome: boolean;
  open: Set<Call>;
  /** Ended and not told yet: their times may come before the batch is sealed. */
  ended: { call: Call; until: number; event: Ended }[];
  /** Told: times that come now are an event of their own. */
  told: { call: Call; until: number }[];
}

const all = new WeakMap<Scope, Requests>();

const requestsOf = (scope: Scope): Requests => {
  const known = all.get(scope);
  if (known) return known;
  const requests: Requests = { timesCome: false, open: new Set(), ended: [], told: [] };
  all.set(scope, requests);
  // Nobody knows whether the page will see their end.
  scope.lifecycle.beforeHide.push(() => {
    for (const call of requests.open) scope.recorder.keepOpen(call.event, nameOf(call), describe(call), kind.client);
  });
  scope.lifecycle.beforeSeal.push(() => {
    for (const { call, until, event } of requests.ended.splice(0)) {
      scope.recorder.finish(call.event, event);
      requests.told.push({ call, until });
    }
    requests.told.splice(0, requests.told.length - MAX_TOLD);
  });
  return requests;
};

type Timing = PerformanceResourceTiming;

/** From now on the times of requests are told by `timed`. */
export const awaitTimes = (scope: Scope): void => void (requestsOf(scope).timesCome = true);

/** The browser tells the times of a request. */
export const timed = (scope: Scope, entry: Timing): void => {
  const requests = requestsOf(scope);
  const isIts = ({ call: { url, event }, until }: { call: Call; until: number }): boolean =>
    entry.name === url.href && entry.startTime >= event.moment.monotonic - 1 && entry.startTime <= until;
  const ended = requests.ended.findIndex(isIts);
  const found = requests.ended[ended];
  if (found) {
    requests.ended.splice(ended, 1);
    Object.assign(found.event.attributes, timesOf(entry));
    return scope.recorder.finish(found.call.event, found.event);
  }
  const told = requests.told.findIndex(isIts);
  const [late] = told >= 0 ? requests.told.splice(told, 1) : [];
  if (!late) return;
  scope.recorder.moment("browser.resource_timing", { "url.full": entry.name, ...timesOf(entry) }, role.mark, {
    cause: { number: late.call.event.number, inferred: false },
  });
};

/** Milestones in ms since the request began. */
const timesOf = (entry: Timing): Attributes => {
  const since = (time: number): number | undefined =>
    time > 0 ? Math.round((time - entry.startTime) * 10) / 10 : undefined;
  return {
    "browser.resource_timing.request_start": since(entry.requestStart),
    "browser.resource_timing.response_start": since(entry.responseStart),
    "browser.resource_timing.response_end": since(entry.responseEnd),
    "browser.resource_timing.transfer_size": entry.transferSize || undefined,
    "browser.resource_timing.decoded_body_size": entry.decodedBodySize || undefined,
  };
};

export const beginCall = (
  scope: Scope,
  given: string,
  method: string,
  parent: Started | undefined,
): Call | undefined => {
  const url = new URL(given, document.baseURI);
  // What is sent to the collector is not what the page does.
  if (!url.protocol.startsWith("http") || url.href.startsWith(scope.url)) return undefined;
  const cause = causeNow();
  const event = scope.recorder.start(role.none, { cause: cause ?? null, parent });
  const call = { event, url, method: method.toUpperCase(), cause };
  requestsOf(scope).open.add(call);
  return call;
};

export const endCall = (scope: Scope, call: Call, outcome: Outcome): void => {
  const requests = requestsOf(scope);
  requests.open.delete(call);
  continued(call.cause);
  const { event } = call;
  const { duration, attributes } = elapsed(event);
  const code = "code" in outcome ? outcome.code || undefined : undefined;
  const failed = "error" in outcome || (code !== undefined && code >= 400);
  event.demoted = event.parent?.ended ?? false;
  const ended = {
    duration,
    name: nameOf(call),
    attributes: {
      ...describe(call),
      "http.response.status_code": code,
      "error.type": failed ? String(code ?? ("error" in outcome ? outcome.error : "_OTHER")) : undefined,
      ...attributes,
    },
    kind: kind.client,
    status: failed ? status.error : status.unset,
  };
  if (!requests.timesCome) return scope.recorder.finish(event, ended);
  requests.ended.push({ call, until: event.moment.monotonic + duration, event: ended });
  // It waits for nothing but the next seal, which this asks for.
  scope.lifecycle.onWaiting(0, 0);
};

const nameOf = ({ method }: Call): string => (METHODS.has(method) ? method : "HTTP");

const describe = ({ method, url }: Call): Attributes => ({
  "http.request.method": METHODS.has(method) ? method : "_OTHER",
  "url.full": url.href,
  "server.address": url.hostname,
  "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80),
});
