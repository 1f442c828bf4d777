// Step 3 of 8, send: sealed batches → POST, retried until the collector acknowledges them.

import { plainFetch } from "./capture/fetch";
import { now, wallNow } from "./clock";
import { giveUp } from "./record";
import { counters } from "./stats";
import type { Module, Sealed } from "./wasm";

/** Bytes of requests that may outlive the page together: the browser's limit is 64 KiB for all of them. */
const KEEPALIVE_BYTES = 60 * 1024;

/** Bytes of batches kept while the collector does not answer; beyond that the oldest is given up. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** First and longest wait in ms after a try that failed. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;

/** ms until a try is given up: longer than the collector's worst answer (10 s body, 10 s durability, 10 s drain). */
const TIMEOUT = 45_000;

/** Answers that say the batch itself is wrong or unwelcome: the same bytes would be refused again. */
const FINAL = new Set([400, 401, 403, 404, 405, 410, 413, 414, 415, 422]);

interface Batch extends Sealed {
  number: number;
  events: number;
}

const queue: Batch[] = [];
/** Batches under way; true: in a request that outlives the page. */
const inFlight = new Map<Batch, boolean>();
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

/** Takes what waits in the module, so that it can be sent. */
export const seal = (events: number): void => {
  const sealed = module.seal();
  if (!sealed) return;
  queue.push({ ...sealed, number: nextNumber++, events });
  let bytes = queue.reduce((sum, batch) => sum + batch.body.length, 0);
  while (bytes > MAX_QUEUED_BYTES) {
    const oldest = queue.find((batch) => !inFlight.has(batch));
    if (!oldest) return;
    bytes -= oldest.body.length;
    remove(oldest);
    giveUp("queue_full", oldest.events);
  }
};

/**
 * Sends what is queued. `leaving`: this may be the last chance, so nothing waits for an earlier answer or a back-off,
 * and what is in flight in a request that ends with the page is sent again; the collector suppresses the second copy.
 */
export const send = (leaving: boolean): void => {
  const wait = notBefore - wallNow();
  if (leaving) {
    for (const batch of queue) if (!inFlight.get(batch)) void post(batch, true);
  } else if (inFlight.size === 0 && queue[0]) {
    if (wait > 0) later(wait);
    else void post(queue[0], document.visibilityState === "hidden");
  }
};

/** `settled` hears whenever a batch has come to its end. Returns what undoes it. */
export const onSettled = (settled: () => void): (() => void) => {
  listeners.add(settled);
  return () => listeners.delete(settled);
};

const remove = (batch: Batch): void => {
  const at = queue.indexOf(batch);
  if (at >= 0) queue.splice(at, 1);
};

// A one-shot timer that exists only while something is unsent.
const later = (wait: number): void => {
  clearTimeout(timer);
  // Never longer than an hour: timers wrap at 24.8 days, and the wall clock may be set meanwhile.
  timer = setTimeout(() => send(false), Math.min(wait, 3_600_000));
};

const post = async (batch: Batch, outlive: boolean): Promise<void> => {
  const moment = now();
  const head = module.head(batch, batch.number, Math.floor(moment.wall), moment.epoch);
  const body = new Uint8Array(head.length + batch.body.length);
  body.set(head);
  body.set(batch.body, head.length);
  const keepalive = outlive && keepaliveBytes + body.length <= KEEPALIVE_BYTES;
  if (keepalive) keepaliveBytes += body.length;
  inFlight.set(batch, keepalive);
  counters.requests++;
  counters.bytesSent += body.length;
  try {
    await settle(batch, await request(body, keepalive));
  } catch {
    retry(undefined);
  } finally {
    if (keepalive) keepaliveBytes -= body.length;
    inFlight.delete(batch);
  }
  for (const listener of listeners) listener();
  send(false);
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
    if (queue.includes(batch)) counters.acknowledged += batch.events;
    remove(batch);
    failures = 0;
    notBefore = wallNow() + wait;
  } else if (FINAL.has(response.status)) {
    if (queue.includes(batch)) giveUp(`refused_${response.status}`, batch.events);
    remove(batch);
  } else {
    retry(response.headers.get("retry-after"));
  }
};

// Exponential, with jitter, so that tabs which lost the collector together do not come back together.
const retry = (retryAfter: string | null | undefined): void => {
  const asked = Number(retryAfter ?? 0) * 1_000;
  const backOff = Math.min(FIRST_WAIT * 2 ** failures++, LONGEST_WAIT) * (0.5 + Math.random() / 2);
  notBefore = wallNow() + Math.max(Number.isFinite(asked) ? asked : 0, backOff);
};
