// Step 3 of 8, send: sealed batches → POST, retried until the collector acknowledges them.

import { plainFetch } from "./capture/fetch";
import { monotonicNow, now } from "./clock";
import { giveUp } from "./record";
import { counters } from "./stats";
import type { Module, Sealed } from "./wasm";

/**
 * How urgent it is. "soon": one batch after the other. "hidden": in requests that outlive the page. "leaving": the last
 * chance, so nothing waits for a back-off, and what is under way in a request that ends with the page is sent
 * once more; the collector suppresses the second copy.
 */
export type Urgency = "soon" | "hidden" | "leaving";

/** Bytes of requests that may outlive the page together: the browser's limit is 64 KiB for all of them. */
const KEEPALIVE_BYTES = 60 * 1024;

/** Bytes of batches kept while the collector does not answer; beyond that the oldest is given up. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** First and longest wait in ms after a try that failed. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;

/** The longest wait in ms that a collector, or what answers in its place, can ask for. Timers wrap at 2^31. */
const LONGEST_ASKED = 3_600_000;

/** ms until a try is given up: longer than the collector's worst answer (10 s body, 10 s durability, 10 s drain). */
const TIMEOUT = 45_000;

interface Batch extends Sealed {
  number: number;
  events: number;
  /** Requests under way that carry it, and whether one of them outlives the page. */
  underWay: number;
  outlives: boolean;
}

const queue: Batch[] = [];
const listeners = new Set<() => void>();
let keepaliveBytes = 0;
let nextNumber = 0;
let failures = 0;
let notBefore = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let module: Module;
let url: string;

/** Where batches go. */
export const openSender = (ready: Module, endpoint: string, key: string): void => {
  module = ready;
  const target = new URL(endpoint, document.baseURI);
  target.searchParams.set("key", key);
  url = target.href;
};

/** Takes the `events` that wait in the module, so that they can be sent. */
export const seal = (events: number): void => {
  const sealed = module.seal();
  if (!sealed) return;
  queue.push({ ...sealed, number: nextNumber++, events, underWay: 0, outlives: false });
  let bytes = queue.reduce((sum, batch) => sum + batch.body.length, 0);
  while (bytes > MAX_QUEUED_BYTES) {
    const oldest = queue.find((batch) => batch.underWay === 0);
    if (!oldest) return;
    bytes -= oldest.body.length;
    remove(oldest);
    giveUp("queue_full", oldest.events);
  }
};

/** Sends what is queued. */
export const send = (urgency: Urgency): void => {
  const wait = notBefore - monotonicNow();
  if (urgency !== "leaving" && wait > 0) return later(wait);
  const outlive = urgency !== "soon" || document.visibilityState === "hidden";
  for (const batch of queue) {
    const again = urgency === "leaving" && !batch.outlives;
    if (batch.underWay === 0 || again) void post(batch, outlive);
    // In no hurry, one after the other: a collector that is back from an outage is not flooded.
    if (urgency === "soon") return;
  }
};

/** `settled` hears whenever a batch has come to its end. Returns what undoes it. */
export const onSettled = (settled: () => void): (() => void) => {
  listeners.add(settled);
  return () => listeners.delete(settled);
};

const remove = (batch: Batch): boolean => {
  const at = queue.indexOf(batch);
  if (at >= 0) queue.splice(at, 1);
  return at >= 0;
};

// A one-shot timer that exists only while something is unsent.
const later = (wait: number): void => {
  clearTimeout(timer);
  if (queue.length > 0) timer = setTimeout(() => send("soon"), wait);
};

const post = async (batch: Batch, outlive: boolean): Promise<void> => {
  let reserved = 0;
  batch.underWay++;
  try {
    const body = requestBody(batch);
    if (outlive && keepaliveBytes + body.length <= KEEPALIVE_BYTES) reserved = body.length;
    keepaliveBytes += reserved;
    batch.outlives ||= reserved > 0;
    counters.requests++;
    counters.bytesSent += body.length;
    await settle(batch, await request(body, reserved > 0));
  } catch {
    retry(undefined);
  }
  keepaliveBytes -= reserved;
  if (--batch.underWay === 0) batch.outlives = false;
  for (const listener of listeners) listener();
  send("soon");
};

const requestBody = (batch: Batch): Uint8Array<ArrayBuffer> => {
  const moment = now();
  const head = module.head(batch, batch.number, Math.floor(moment.wall), moment.epoch);
  const body = new Uint8Array(head.length + batch.body.length);
  body.set(head);
  body.set(batch.body, head.length);
  return body;
};

// A simple request in the sense of CORS, so there is no preflight; no cookies, no referrer, no redirect.
const request = (body: Uint8Array<ArrayBuffer>, keepalive: boolean): Promise<Response> =>
  plainFetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "text/plain" },
    credentials: "omit",
    referrerPolicy: "no-referrer",
    redirect: "error",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
    keepalive,
  });

const settle = async (batch: Batch, response: Response): Promise<void> => {
  // Read to its end: the keepalive quota comes back only then.
  const answer = new Uint8Array(await response.arrayBuffer());
  const wait = response.status === 200 ? module.ack(batch, batch.number, answer) : -1;
  if (wait >= 0) {
    // Two copies may have been on their way.
    if (remove(batch)) counters.acknowledged += batch.events;
    failures = 0;
    notBefore = monotonicNow() + Math.min(wait, LONGEST_ASKED);
  } else if (response.headers.get("weft-refused") === "final") {
    // The collector itself says that the same bytes would be refused again; a proxy's or a portal's 403 does not.
    if (remove(batch)) giveUp(`refused_${response.status}`, batch.events);
  } else {
    retry(response.headers.get("retry-after"));
  }
};

// Exponential, with jitter, so that tabs which lost the collector together do not come back together. What fails while
// we are waiting anyway is the same failure.
const retry = (retryAfter: string | null | undefined): void => {
  const time = monotonicNow();
  if (time < notBefore) return;
  const asked = Math.min(Number(retryAfter ?? 0) * 1_000 || 0, LONGEST_ASKED);
  const backOff = Math.min(FIRST_WAIT * 2 ** failures++, LONGEST_WAIT) * (0.5 + Math.random() / 2);
  notBefore = time + Math.max(asked, backOff);
};
