// Step 3 of 8, send: sealed batches → journal, POST, retried until the collector acknowledges them.

import { monotonicNow, now } from "./clock";
import type { Journal } from "./journal";
import { plainFetch, plainTimeout } from "./plain";
import type { Recorder } from "./record";
import type { Ledger } from "./stats";
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

/** The epoch in which another page's batch is sent: none of its own, so its times are nobody's to correct. */
const NO_EPOCH = 0xffff_ffff;

/** ms to wait after so many failures before this one. */
export const backOff = (failures: number): number =>
  Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT) * (0.5 + Math.random() / 2);

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
}

interface Queued extends Batch {
  /** Requests under way that carry it, and whether one of them outlives the page. */
  underWay: number;
  outlives: boolean;
}

/** Sends the batches of one key. */
export class Sender {
  /** Hears whenever a try has come to its end. */
  onSettled: () => void = () => {};
  private readonly queue: Queued[] = [];
  /** Batches that only the journal has, and their events. */
  private readonly evicted = new Map<string, number>();
  private keepaliveBytes = 0;
  private failures = 0;
  private notBefore = 0;
  private askedUntil = 0;
  private timer: number | undefined;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly module: Module,
    private readonly recorder: Recorder,
    private readonly ledger: Ledger,
    private readonly journal: Journal,
  ) {}

  /** Whether this batch waits here. */
  has(id: string): boolean {
    return this.queue.some((batch) => batch.id === id);
  }

  /** Whether there is room for what only the journal has. */
  hasRoom(): boolean {
    return this.evicted.size > 0 && this.bytes < MAX_QUEUED_BYTES / 2;
  }

  /** The journal does not have this batch after all. */
  isLost(id: string): void {
    const events = this.evicted.get(id);
    if (this.evicted.delete(id) && events) this.recorder.giveUp("queue_full", events);
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.queue.reduce((sum, batch) => sum + batch.body.length, 0);
  }

  /** Takes a batch, to be sent with the next `send`. */
  add(batch: Batch): void {
    if (this.has(batch.id)) return;
    this.evicted.delete(batch.id);
    this.queue.push({ ...batch, underWay: 0, outlives: false });
    while (this.bytes > MAX_QUEUED_BYTES) {
      const oldest = this.queue.findIndex((queued) => queued.underWay === 0);
      if (oldest < 0) return;
      const [evicted] = this.queue.splice(oldest, 1);
      // In the journal it is still there, and comes back when there is room.
      if (evicted?.own && this.journal.holds(evicted.id)) this.evicted.set(evicted.id, evicted.events);
      else if (evicted?.own) this.recorder.giveUp("queue_full", evicted.events);
    }
  }

  /** Sends what is queued. */
  send(urgency: Urgency): void {
    if (this.closed) return;
    const wait = this.notBefore - monotonicNow();
    if (urgency !== "leaving" && wait > 0) return this.later(wait);
    // While nothing gets through, one try at a time is enough.
    if (urgency !== "leaving" && this.failures > 0 && this.queue.some(({ underWay }) => underWay > 0)) return;
    const outlive = urgency !== "soon" || document.visibilityState === "hidden";
    // The newest of this page is what only this page can save; what a journal holds can wait for another day.
    const order = outlive && this.journal.isOpen ? [...this.queue].reverse() : this.queue;
    for (const batch of [...order]) {
      const again = urgency === "leaving" && !batch.outlives;
      if (batch.underWay === 0 || again) void this.post(batch, outlive);
      // In no hurry, one after the other: a collector that is back from an outage is not flooded. Nor is one that is away
      // by a page that is hidden, if what waits is kept.
      if (urgency === "soon" || (urgency === "hidden" && this.failures > 0 && this.journal.isOpen)) return;
    }
  }

  /** The network is back: what waits for a back-off need not any longer, unless the collector asked for it. */
  backOnline(): void {
    if (this.failures === 0) return;
    // Tabs and devices that lost the network together come back spread over a second.
    this.notBefore = Math.max(this.askedUntil, monotonicNow() + Math.random() * FIRST_WAIT);
    this.failures = 0;
    this.send("soon");
  }

  /**
   * The page is back from the back/forward cache. Firefox never settles what was under way when it was put there, so all
   * of it is sent again; the collector suppresses what it has.
   */
  comeBack(): void {
    this.keepaliveBytes = 0;
    // As others, so that an answer to the first try changes nothing of the second.
    for (const batch of this.queue.splice(0)) this.queue.push({ ...batch, underWay: 0, outlives: false });
    this.send("soon");
  }

  /** Sends nothing any more, and forgets what waits. */
  forget(reason: string): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const batch of this.queue.splice(0)) if (batch.own) this.recorder.giveUp(reason, batch.events);
  }

  private remove(batch: Queued): boolean {
    const at = this.queue.indexOf(batch);
    if (at >= 0) this.queue.splice(at, 1);
    if (at >= 0) this.journal.remove(batch.id);
    return at >= 0;
  }

  // A one-shot timer that exists only while something is unsent.
  private later(wait: number): void {
    clearTimeout(this.timer);
    this.timer = this.queue.length > 0 ? plainTimeout(() => this.send("soon"), wait) : undefined;
  }

  private async post(batch: Queued, outlive: boolean): Promise<void> {
    batch.underWay++;
    let reserved = 0;
    try {
      const body = this.requestBody(batch);
      // What does not fit into the quota is tried as an ordinary request, which a hidden page may still finish.
      reserved = outlive && this.keepaliveBytes + body.length <= KEEPALIVE_BYTES ? body.length : 0;
      this.keepaliveBytes += reserved;
      batch.outlives ||= reserved > 0;
      this.ledger.requests++;
      this.ledger.bytesSent += body.length;
      await this.settle(batch, await request(this.url, body, reserved > 0));
    } catch {
      this.retry(undefined);
    }
    this.keepaliveBytes = Math.max(0, this.keepaliveBytes - reserved);
    if (--batch.underWay === 0) batch.outlives = false;
    this.onSettled();
    this.send("soon");
  }

  private requestBody(batch: Queued): Uint8Array<ArrayBuffer> {
    const moment = now();
    const epoch = batch.own ? moment.epoch : NO_EPOCH;
    const head = this.module.head(batch.seed, batch, batch.number, Math.floor(moment.wall), epoch);
    const body = new Uint8Array(head.length + batch.body.length);
    body.set(head);
    body.set(batch.body, head.length);
    return body;
  }

  private async settle(batch: Queued, response: Response): Promise<void> {
    // Read to its end: the keepalive quota comes back only then.
    const answer = new Uint8Array(await response.arrayBuffer());
    const wait = response.status === 200 ? this.module.ack(batch, batch.number, answer) : -1;
    if (wait >= 0) {
      // Two copies may have been on their way.
      if (this.remove(batch) && batch.own) this.ledger.acknowledged += batch.events;
      this.failures = 0;
      this.notBefore = monotonicNow() + Math.min(wait, LONGEST_ASKED);
    } else if (response.headers.get("weft-refused") === "final") {
      // The collector itself says that the same bytes would be refused again; a proxy's or a portal's 403 does not.
      if (this.remove(batch) && batch.own) this.recorder.giveUp(`refused_${response.status}`, batch.events);
    } else {
      this.retry(response.headers.get("retry-after"));
    }
  }

  // Exponential, with jitter, so that tabs which lost the collector together do not come back together. What fails
  // while we are waiting anyway is the same failure.
  private retry(retryAfter: string | null | undefined): void {
    this.ledger.failures++;
    const time = monotonicNow();
    if (time < this.notBefore) return;
    const asked = Math.min(Number(retryAfter ?? 0) * 1_000 || 0, LONGEST_ASKED);
    this.askedUntil = time + asked;
    // What was asked for is asked of everybody at once: nobody comes back sooner, and not all at the same time.
    this.notBefore =
      time + (asked > 0 ? asked * (1 + Math.random() / 10) + Math.random() * FIRST_WAIT : backOff(this.failures));
    this.failures++;
  }
}

/**
 * A simple request in the sense of CORS, so there is no preflight; no cookies, no referrer, no redirect.
 */
export const request = (url: string, body: BodyInit, keepalive: boolean): Promise<Response> =>
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
