// The way out while there is no module: what was recorded is posted as it is, as JSON, which step 5 decodes too. For
// pages that end before the module is ready, and for those that can never have it.

import { now, monotonicNow } from "./clock";
import { guarded } from "./guard";
import { hex } from "./ids";
import type { Outlet } from "./lifecycle";
import { plainTimeout } from "./plain";
import type { Call } from "./event";
import type { Recorder } from "./record";
import { backOff, request } from "./send";
import type { Ledger } from "./stats";
import type { Attributes } from "./wasm";

/** Calls in one request: with 60 KiB at most, which is what may outlive a page. */
const MAX_BYTES = 60 * 1024;

const encoder = new TextEncoder();

/** The way out of a page without a module. */
export class RawOutgoing implements Outlet {
  private number = 0;
  private underWay = false;
  private notBefore = 0;
  private failures = 0;
  private timer: number | undefined;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly recorder: Recorder,
    private readonly ledger: Ledger,
    private readonly resource: Attributes,
    private readonly onSettled: () => void,
  ) {}

  /** Posts what waits if the page ends before there is another way. Returns what undoes it. */
  watch(): () => void {
    const leave = guarded(() => this.post(true));
    addEventListener("pagehide", leave);
    return () => removeEventListener("pagehide", leave);
  }

  seal(): void {}

  keep(): void {}

  send(urgency: string): void {
    if (urgency === "leaving") return this.post(true);
    const wait = this.notBefore - monotonicNow();
    clearTimeout(this.timer);
    if (this.finished() === 0) return;
    if (wait > 0)
      this.timer = plainTimeout(
        guarded(() => this.send("soon")),
        wait,
      );
    else if (!this.underWay) this.post(urgency === "hidden");
  }

  leave(): void {}

  comeBack(): void {}

  /** Nothing is sent any more. */
  forget(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private finished(): number {
    return count(this.recorder.waitingCalls());
  }

  // It goes on waiting until it is acknowledged: a page that was put away may come back, and the collector suppresses
  // what it has.
  private post(keepalive: boolean): void {
    const calls = this.head();
    const events = count(calls);
    if (events === 0 || this.closed) return;
    const [number, told] = [this.number, { ...this.recorder.untold }];
    const body = this.body(calls);
    this.underWay = true;
    this.ledger.requests++;
    this.ledger.bytesSent += body.length;
    const settle = async (): Promise<void> => {
      const response = await request(this.url, body, keepalive);
      const answer: unknown = await response.json().catch(() => undefined);
      const isDone = response.status === 200 && isAck(answer, number);
      const isFinal = response.headers.get("weft-refused") === "final";
      if (!isDone && !isFinal) throw new Error();
      this.failures = 0;
      // The same may have been posted twice, as the page's last word.
      if (number !== this.number || !this.recorder.settled(calls.length)) return;
      this.number++;
      if (isDone) this.ledger.acknowledged += events;
      if (isDone) this.recorder.haveTold(told);
      else this.recorder.giveUp(`refused_${response.status}`, events);
    };
    const failed = (): void => {
      this.ledger.failures++;
      this.notBefore = monotonicNow() + backOff(this.failures++);
    };
    void settle()
      .catch(failed)
      .then(() => {
        this.underWay = false;
        this.onSettled();
        this.send("soon");
      });
  }

  /** The first calls that fit into one request. */
  private head(): Call[] {
    const calls: Call[] = [];
    let bytes = 0;
    for (const call of this.recorder.waitingCalls()) {
      bytes += encoder.encode(JSON.stringify(call)).length;
      if (bytes > MAX_BYTES && calls.length > 0) break;
      calls.push(call);
    }
    return calls;
  }

  private body(calls: Call[]): string {
    const { wall, epoch } = now();
    const { seed } = this.recorder;
    return JSON.stringify({
      weft: 0,
      seed: hex(seed),
      number: this.number,
      sent: Math.floor(wall),
      epoch,
      resource: this.resource,
      dropped: this.recorder.untold,
      calls,
    });
  }
}

const count = (calls: readonly Call[]): number => calls.filter(([what]) => what === "finish").length;

const isAck = (answer: unknown, number: number): boolean =>
  typeof answer === "object" &&
  answer !== null &&
  (answer as { weft?: unknown; number?: unknown }).weft === "ack" &&
  (answer as { number?: unknown }).number === number;
