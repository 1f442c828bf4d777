// Step 3 of 8, send: sealed batches → journal, POST, retried until the collector acknowledges them.

import { monotonicNow, now } from "./clock";
import { remove } from "./journal";
import { isHidden } from "./lifecycle";
import { takeOver } from "./outgoing";
import { plainFetch, plainTimeout } from "./plain";
import { obey } from "./policy";
import { giveUp } from "./record";
import type { Ready, Scope } from "./scope";
import { lacksToken } from "./token";
import { answerOf, ask, isReady, type Sealed } from "./wasm";

/** How urgent it is. */
export const enum Urgency {
  /** One batch after the other. */
  soon,
  /** In requests that outlive the page. */
  hidden,
  /**
   * The last chance, so nothing waits for a back-off, and what is under way in a request that ends with the page is sent
   * once more; the collector suppresses the second copy.
   */
  leaving,
}

/** Bytes of requests that may outlive the page together: the browser's limit is 64 KiB for all of them. */
export const KEEPALIVE_BYTES = 60 * 1024;

const enum Limit {
  /** Bytes of batches kept while the collector does not answer; beyond that the oldest is given up. */
  maxQueuedBytes = 1024 * 1024,
  /** First and longest wait in ms after a try that failed. */
  firstWait = 1_000,
  longestWait = 60_000,
  /** The longest wait in ms that a collector, or what answers in its place, can ask for. Timers wrap at 2^31. */
  longestAsked = 3_600_000,
  /** ms until a try is given up: longer than the collector's worst answer (10 s body, 10 s durability, 10 s drain). */
  timeout = 45_000,
  /** Bytes of an answer that can be an acknowledgement; and up to which it can have no policy in it. */
  maxAnswer = 8_192,
  plainAnswer = 20,
  /** The epoch in which another page's batch is sent: none of its own, so its times are nobody's to correct. */
  noEpoch = 0xffff_ffff,
}

/** ms to wait after so many failures before this one. */
export const backOff = (failures: number): number =>
  Math.min(Limit.firstWait * 2 ** failures, Limit.longestWait) * (0.5 + Math.random() / 2);

/** A sealed batch of this page, or of one that is gone. */
export interface Batch extends Sealed {
  /** Seed of its page. */
  seed: Uint8Array;
  number: number;
  /** Events in it; of another page, they are not counted here. */
  events: number;
  /** Its name in the journal. */
  id: string;
  own: boolean;
  /** Requests under way that carry it, and whether one of them outlives the page. */
  underWay: number;
  outlives: boolean;
  tried?: boolean;
}

/** The form of a batch behind earlier ones (proto/src/head.rs). */
const BEHIND = 2;

/** Bytes that wait. */
export const queuedBytes = ({ queue }: Scope): number => queue.reduce((sum, { body }) => sum + body.length, 0);

/** The journal does not have this batch after all. */
export const isLost = (scope: Scope, id: string): void => {
  const events = scope.evicted.get(id);
  if (scope.evicted.delete(id) && events) giveUp(scope, "queue_full", events);
};

/** Takes a batch, to be sent with the next `send`. */
export const add = (scope: Scope, batch: Omit<Batch, "underWay" | "outlives">): void => {
  const { queue, evicted, held } = scope;
  if (queue.some(({ id }) => id === batch.id)) return;
  evicted.delete(batch.id);
  queue.push({ ...batch, underWay: 0, outlives: false });
  while (queuedBytes(scope) > Limit.maxQueuedBytes) {
    const oldest = queue.find(({ underWay }) => underWay === 0);
    if (!oldest) return;
    const { id, own, events } = oldest;
    queue.splice(queue.indexOf(oldest), 1);
    // In the journal it is still there, and comes back when there is room.
    if (own && scope.db && held.has(id)) evicted.set(id, events);
    else if (own) giveUp(scope, "queue_full", events);
  }
};

/** Sends what is queued. */
export const send = (scope: Ready, urgency: Urgency): void => {
  const { queue } = scope;
  // What was taken over while the person refused goes nowhere, and what is sealed waits while they think it over.
  if (scope.consent !== "granted") return;
  const wait = scope.notBefore - monotonicNow();
  if (urgency !== Urgency.leaving) {
    if (wait > 0) return later(scope, wait);
    // While nothing gets through, one try at a time is enough.
    if (scope.failures > 0 && queue.some(({ underWay }) => underWay > 0)) return;
  }
  if (lacksToken(scope)) return;
  const outlive = urgency !== Urgency.soon || isHidden();
  const order = [...queue];
  // The newest of this page is what only this page can save; what a journal holds can wait for another day.
  if (outlive && scope.db) order.reverse();
  for (const batch of order) {
    if (batch.underWay === 0 || (urgency === Urgency.leaving && !batch.outlives)) void post(scope, batch, outlive);
    // In no hurry, one after the other: a collector that is back from an outage is not flooded. Nor is one that is away by
    // a page that is hidden, if what waits is kept.
    if (urgency === Urgency.soon || (urgency === Urgency.hidden && scope.failures > 0 && scope.db)) return;
  }
};

// A one-shot timer that exists only while something is unsent.
const later = (scope: Ready, wait: number): void => {
  clearTimeout(scope.sendTimer);
  if (scope.queue.length > 0) scope.sendTimer = plainTimeout(() => send(scope, Urgency.soon), wait);
};

/** The network is back: what waits for a back-off need not any longer, unless the collector asked for it. */
export const backOnline = (scope: Scope): void => {
  if (scope.failures === 0 || !isReady(scope)) return;
  // Tabs and devices that lost the network together come back spread over a second.
  scope.notBefore = Math.max(scope.askedUntil, monotonicNow() + Math.random() * Limit.firstWait);
  scope.failures = 0;
  send(scope, Urgency.soon);
};

/**
 * The page is back from the back/forward cache. Firefox never settles what was under way when it was put there, so all
 * of it is sent again; the collector suppresses what it has.
 */
export const sendAgain = (scope: Ready): void => {
  scope.keepaliveBytes = 0;
  // As others, so that an answer to the first try changes nothing of the second.
  scope.queue = scope.queue.map((batch) => ({ ...batch, underWay: 0, outlives: false }));
  send(scope, Urgency.soon);
};

/** Sends nothing any more, and forgets what waits. */
export const forgetQueue = (scope: Scope, reason: string): void => {
  clearTimeout(scope.sendTimer);
  for (const { own, events } of scope.queue.splice(0)) if (own) giveUp(scope, reason, events);
};

const post = async (scope: Ready, batch: Batch, outlive: boolean): Promise<void> => {
  batch.underWay++;
  let reserved = 0;
  try {
    const { module } = scope;
    const { wall, epoch } = now();
    // Whatever is urgent, or was tried before, has to be understood by itself.
    const alone = outlive || batch.tried || !batch.own;
    const behind = alone ? new Uint8Array() : answerOf(module, ask(module, "behind", batch.digest, batch.number));
    batch.tried = true;
    const { form, body: sealed } = behind.length > 0 ? { form: BEHIND, body: behind } : batch;
    const ownEpoch = batch.own ? epoch : Limit.noEpoch;
    const own = answerOf(module, ask(module, "head", form, batch.digest, batch.number, wall, ownEpoch, batch.seed));
    const head = scope.verbs?.names(own) ?? own;
    const size = head.length + sealed.length;
    // What does not fit into the quota is tried as an ordinary request, which a hidden page may still finish.
    if (outlive && scope.keepaliveBytes + size <= KEEPALIVE_BYTES) reserved = size;
    scope.keepaliveBytes += reserved;
    batch.outlives ||= reserved > 0;
    const body = new Uint8Array(size);
    body.set(head);
    body.set(sealed, head.length);
    await settle(scope, batch, await request(scope, body, size, reserved > 0), form);
  } catch {
    retry(scope, 0);
  }
  scope.keepaliveBytes = Math.max(0, scope.keepaliveBytes - reserved);
  if (--batch.underWay === 0) batch.outlives = false;
  if (scope.evicted.size > 0 && queuedBytes(scope) < Limit.maxQueuedBytes / 2) takeOver(scope);
  for (const settled of scope.onSettled) settled();
  send(scope, Urgency.soon);
};

const settle = async (scope: Ready, batch: Batch, response: Response, form: number): Promise<void> => {
  const { status, headers } = response;
  // Read to its end: the keepalive quota comes back only then.
  const answer = new Uint8Array(await response.arrayBuffer());
  const isAnswer = status === 200 && answer.length <= Limit.maxAnswer;
  const wait = ask(scope.module, "ack", batch.digest, batch.number, isAnswer ? answer : new Uint8Array());
  const refused = headers.get("weft-refused");
  // It has forgotten what the batch stood behind, or the token has expired: it is sent again at once, alone.
  if (wait < 0 && ((form === BEHIND && refused === "base") || (refused === "token" && !scope.failures++))) return;
  // The collector itself says that the same bytes would be refused again; a proxy's or a portal's 403 does not.
  if (wait < 0 && refused !== "final") return retry(scope, Number(headers.get("retry-after")));
  if (wait >= 0) {
    scope.failures = 0;
    scope.notBefore = monotonicNow() + Math.min(wait, Limit.longestAsked);
    if (scope.verbs ?? answer.length > Limit.plainAnswer) void obey(scope, answer);
  }
  // Two copies may have been on their way.
  const at = scope.queue.indexOf(batch);
  if (at < 0) return;
  scope.queue.splice(at, 1);
  remove(scope, batch.id);
  if (!batch.own) return;
  if (wait >= 0) scope.ledger.acknowledged += batch.events;
  else giveUp(scope, `refused_${status}`, batch.events);
};

// Exponential, with jitter, so that tabs which lost the collector together do not come back together. What fails
// while we are waiting anyway is the same failure.
export const retry = (scope: Scope, retryAfter: number): void => {
  scope.ledger.failures++;
  const time = monotonicNow();
  if (time < scope.notBefore) return;
  const asked = Math.min(retryAfter * 1_000 || 0, Limit.longestAsked);
  scope.askedUntil = time + asked;
  // What was asked for is asked of everybody at once: nobody comes back sooner, and not all at the same time.
  const wait = asked > 0 ? asked * (1 + Math.random() / 10) + Math.random() * Limit.firstWait : backOff(scope.failures);
  scope.notBefore = time + wait;
  scope.failures++;
};

/**
 * A simple request in the sense of CORS, so there is no preflight; no cookies, no referrer, no redirect.
 */
export const request = async (
  scope: Scope,
  body: BodyInit,
  size: number,
  keepalive: boolean,
  query = "",
): Promise<Response> => {
  const { url, ledger, tokenQuery } = scope;
  ledger.requests++;
  ledger.bytesSent += size;
  const response = await plainFetch(url + query + tokenQuery, {
    method: "POST",
    body,
    headers: { "content-type": "text/plain" },
    credentials: "omit",
    referrerPolicy: "no-referrer",
    redirect: "error",
    cache: "no-store",
    signal: AbortSignal.timeout(Limit.timeout),
    keepalive,
  });
  // Another request may know a newer one.
  if (response.headers.get("weft-refused") === "token" && tokenQuery === scope.tokenQuery) scope.tokenQuery = "";
  return response;
};
