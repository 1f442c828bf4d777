// A request of the page, however it was made: its event, its attributes, and what is open when the page is hidden.

import { continued, suspects } from "../causes";
import { certainly, Kind, Role, Status, type Cause, type Started } from "../event";
import { waiting } from "../lifecycle";
import { elapsed, finish, keepOpen, moment, start } from "../record";
import type { Scope } from "../scope";
import type { Attributes } from "../wasm";

const METHODS = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY)$/;

/** A request under way. */
export interface Call {
  event: Started;
  url: URL;
  method: string;
  /** Who may have made it: whoever waits for its end goes on for one of these. */
  suspects: Cause[];
  /** Its end, if it waits for its times; they come until this monotonic time. */
  ends?: (times?: Attributes) => void;
  until: number;
}

const enum Limit {
  /** Ended requests for which the browser may still tell times. */
  maxTold = 50,
  /** What is longer names no request to the collector either. */
  maxId = 129,
}

/** Requests of one scope. */
interface Requests {
  /** Whether anybody will tell the times of requests. */
  timesCome?: boolean;
  open: Set<Call>;
  /** Ended and not told yet: their times may come before the batch is sealed. */
  ended: Call[];
  /** Told: times that come now are an event of their own. */
  told: Call[];
}

const all = new WeakMap<Scope, Requests>();

const requestsOf = (scope: Scope): Requests => {
  const known = all.get(scope);
  if (known) return known;
  const requests: Requests = { open: new Set(), ended: [], told: [] };
  all.set(scope, requests);
  // Nobody knows whether the page will see their end.
  scope.beforeHide.push(() => {
    for (const call of requests.open) keepOpen(scope, call.event, nameOf(call), describe(call), Kind.client);
  });
  scope.beforeSeal.push(() => {
    const ended = requests.ended.splice(0);
    for (const call of ended) call.ends?.();
    requests.told = [...requests.told, ...ended].slice(-Limit.maxTold);
  });
  return requests;
};

/** From now on `tell` is called with the times of requests. */
export const awaitTimes = (scope: Scope): ((entry: PerformanceResourceTiming) => void) => {
  const requests = requestsOf(scope);
  requests.timesCome = true;
  return (entry) => {
    const { name, startTime } = entry;
    const take = (calls: Call[]): Call | undefined => {
      const found = calls.findIndex(
        ({ url, event, until }) => name === url.href && startTime >= event.moment.monotonic - 1 && startTime <= until,
      );
      return found < 0 ? undefined : calls.splice(found, 1)[0];
    };
    const ended = take(requests.ended);
    if (ended) return ended.ends?.(timesOf(entry));
    const late = take(requests.told);
    if (!late) return;
    const attributes = { "url.full": name, ...timesOf(entry) };
    moment(scope, "browser.resource_timing", attributes, Role.mark, { cause: certainly(late.event.number) });
  };
};

/** What the browser tells of the transfer of a resource. */
export const transferOf = ({ transferSize, decodedBodySize }: PerformanceResourceTiming): Attributes => ({
  "browser.resource_timing.transfer_size": transferSize || undefined,
  "browser.resource_timing.decoded_body_size": decodedBodySize || undefined,
});

/** Milestones in ms since the request began. */
const timesOf = (entry: PerformanceResourceTiming): Attributes => {
  const since = (time: number): number | undefined =>
    time > 0 ? Math.round((time - entry.startTime) * 10) / 10 : undefined;
  return {
    "browser.resource_timing.request_start": since(entry.requestStart),
    "browser.resource_timing.response_start": since(entry.responseStart),
    "browser.resource_timing.response_end": since(entry.responseEnd),
    ...transferOf(entry),
  };
};

/** A request begins, if it is one that is told. */
export const beginCall = (scope: Scope, given: string, method: string): Call | undefined => {
  const url = new URL(given, document.baseURI);
  // What is sent to the collector is not what the page does.
  if (!url.protocol.startsWith("http") || url.href.startsWith(scope.url)) return undefined;
  const cause = scope.causeNow?.();
  const from = scope.causeNow ? suspects() : [];
  const event = start(scope, Role.none, { cause: cause ?? null, parent: scope.running.at(-1) });
  const call = { event, url, method: method.toUpperCase(), suspects: from, until: 0 };
  requestsOf(scope).open.add(call);
  return call;
};

/**
 * It has ended: with an answer, or without one and with an `error.type`. `id`: what its server calls it, where that does
 * not know our trace and the page may read it.
 */
export const endCall = (
  scope: Scope,
  call: Call,
  code: number | undefined,
  error?: string,
  id?: string | null,
): void => {
  const requests = requestsOf(scope);
  requests.open.delete(call);
  call.suspects.forEach(continued);
  const { event } = call;
  const { duration, slept } = elapsed(event);
  const failed = error ?? (code && code >= 400 ? String(code) : undefined);
  event.demoted = event.parent?.ended ?? false;
  call.until = event.moment.monotonic + duration;
  call.ends = (times) => {
    const outcome = {
      "http.response.status_code": code || undefined,
      "http.response.header.x-request-id": id ? [id.slice(0, Limit.maxId)] : undefined,
      "error.type": failed,
      ...slept,
      ...times,
    };
    const status = failed ? Status.error : Status.unset;
    finish(scope, event, nameOf(call), { ...describe(call), ...outcome }, duration, Kind.client, status);
  };
  if (!requests.timesCome) return call.ends();
  requests.ended.push(call);
  // It waits for nothing but the next seal, which this asks for.
  waiting(scope, 0, 0);
};

const nameOf = ({ method }: Call): string => (METHODS.test(method) ? method : "HTTP");

const describe = ({ method, url }: Call): Attributes => ({
  "http.request.method": METHODS.test(method) ? method : "_OTHER",
  "url.full": url.href,
  "server.address": url.hostname,
  "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80),
});
