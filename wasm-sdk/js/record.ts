// Between step 1 and step 2: numbers events when they start, decides what is a child and what a root, and hands
// them to the module, or keeps the calls, as plain data, until the module is ready.

import { now, type Moment } from "./clock";
import type { Early, EarlyCall } from "./early";
import { idsOf, type Ids } from "./ids";
import type { Session, Sessions } from "./session";
import { counters, type Ledger } from "./stats";
import {
  kind,
  role,
  status,
  type BeforeRecord,
  type Call,
  type Cause,
  type Ended,
  type Known,
  type Recorded,
  type Started,
} from "./event";
import { SEAL_FIRST, type Attributes, type Finish, type Link, type Module, type SessionFrame } from "./wasm";

/** Calls kept while the module is not ready: events beyond that are given up. */
const MAX_WAITING = 3_000;

/** ms: no event becomes the child of a trace that began longer ago. */
const MAX_TRACE = 60_000;

/** Records the events of one page for one key. */
export class Recorder {
  readonly seed: Uint8Array<ArrayBuffer>;
  readonly ids: Ids;
  /** Hears about how many bytes wait to be sealed, and how many events have come to them. */
  onWaiting: (bytes: number, events: number) => void = () => {};
  /** Has to seal what waits. */
  sealFirst: () => void = () => {};
  /** Guesses or knows what makes an event happen now. */
  causeNow: () => Cause | undefined = () => undefined;
  /** Hears of every root, with its trace and span id. */
  onRoot: (ids: string, is: number) => void = () => {};
  beforeRecord: BeforeRecord | undefined;
  /** Events given up that no batch has told of yet, by reason; with a module it keeps them. */
  untold: Record<string, number> = {};
  /** Roots so far. */
  roots = 0;
  /** What is said of every event that starts from now on. */
  shared: Attributes = {};

  private waiting: Call[] = [];
  private module: Module | undefined;
  private givenUp: string | undefined;
  private next = 1;
  private begun = false;
  private toldSession = "";

  constructor(
    private readonly sessions: Sessions,
    private readonly ledger: Ledger,
    early?: Early,
  ) {
    this.seed = early?.seed ?? crypto.getRandomValues(new Uint8Array(16));
    this.ids = idsOf(this.seed);
    if (early) this.follow(early);
  }

  // Goes on where the stub is, whose requests may end later.
  private follow(early: Early): void {
    this.next = early.next;
    this.toldSession = early.session?.id ?? "";
    this.waiting = early.calls as Call[];
    const ended = (call: EarlyCall): void => void (call[0] === "finish" && this.ledger.recorded++);
    this.waiting.forEach(ended);
    early.tell = (call) => {
      ended(call);
      this.tell(call as Call);
    };
    this.begun = early.calls.length > 0;
  }

  /** An event starts. It has its number, and so its ids, from here on. */
  start(is: number, { moment = now(), cause, parent }: Known = {}): Started {
    const session = this.sessions.at(moment.wall);
    if (session.id !== this.toldSession) {
      this.toldSession = session.id;
      this.tell(["session", frameOf(session)]);
    }
    const number = is === role.pageLoad ? 0 : this.next++;
    const above = parent && isWithin(parent, moment) ? parent : undefined;
    // A trace that is too old or over takes no more children: then it is what made this happen.
    const known = parent && !above ? { number: parent.number, inferred: false } : cause;
    const why = known === undefined && !above && canBeCaused(is) ? this.causeNow() : known;
    const started = { number, moment, session, parent: above, ended: false, shared: this.shared } as Started;
    started.root = above?.root ?? started;
    // The stub may have told of the page load.
    if (number > 0 || !this.begun)
      this.tell([
        "begin",
        {
          number,
          start: moment.wall,
          epoch: moment.epoch,
          role: is,
          cause: why?.number ?? -1,
          inferred: why?.inferred ?? false,
          parent: above?.number ?? -1,
          root: started.root.number,
        },
      ]);
    if (is !== role.mark && !above) {
      const ids = this.idsOf(started);
      this.sessions.touch(session, moment.wall, ids);
      this.roots++;
      this.onRoot(ids, is);
    }
    return started;
  }

  /** An event has ended. */
  finish(
    started: Started,
    { duration, name, attributes, kind: spanKind = kind.internal, status: spanStatus = status.unset }: Ended,
  ): void {
    if (started.ended) return;
    started.ended = true;
    this.ledger.recorded++;
    const event = this.judge({ name, attributes: { ...started.shared, ...attributes }, duration });
    if (!event) {
      this.giveUp("before_record", 1);
      return this.tell(["cancel", started.number]);
    }
    const demoted = started.demoted ?? started.parent?.ended ?? false;
    const { number } = started;
    this.tell([
      "finish",
      { number, duration, kind: spanKind, status: spanStatus, demoted, name: event.name, attributes: event.attributes },
    ]);
  }

  /** A moment: an event without duration. */
  moment(name: string, attributes: Attributes, is: number = role.none, known?: Known): Started {
    const started = this.start(is, known);
    this.finish(started, { duration: 0, name, attributes });
    return started;
  }

  /** An event that has started stays open for long: from here on every batch says that it is. */
  keepOpen(
    { number, ended, shared }: Started,
    name: string,
    attributes: Attributes,
    spanKind: number = kind.internal,
  ): void {
    if (!ended) this.tell(["long", { number, kind: spanKind, name, attributes: { ...shared, ...attributes } }]);
  }

  /** An event that has not ended points to another. */
  link(from: Started, link: Omit<Link, "number">): void {
    if (!from.ended) this.tell(["link", { number: from.number, ...link }]);
    else counters.linksLeftOut++;
  }

  /** The module is there: it is told of the page and everything that happened so far. */
  attach(ready: Module, resource: Attributes): void {
    ready.page(this.seed);
    ready.resource(resource);
    for (const [reason, count] of Object.entries(this.untold)) ready.dropped(reason, count);
    this.untold = {};
    this.module = ready;
    for (const call of this.waiting.splice(0)) this.run(ready, call);
  }

  /** What waits while there is no module, to be sent as it is. It goes on waiting. */
  waitingCalls(): readonly Call[] {
    return this.waiting;
  }

  /**
   * The first `count` of the waiting calls have arrived. What later ones need to make sense stays. False: the module has
   * come meanwhile, and has them too.
   */
  settled(count: number): boolean {
    if (this.module) return false;
    const arrived = this.waiting.splice(0, count);
    this.waiting.unshift(...stillNeeded(arrived));
    return true;
  }

  /** Nothing that is recorded from here on will be sent; what waits for the module will not be either. */
  abandon(reason: string): void {
    this.givenUp = reason;
    for (const call of this.waiting.splice(0)) this.tell(call);
  }

  /** So many recorded events will never arrive. The next batch says so. */
  giveUp(reason: string, count: number): void {
    this.ledger.drop(reason, count);
    if (this.module) this.module.dropped(reason, count);
    else this.untold[reason] = (this.untold[reason] ?? 0) + count;
  }

  /** So many given up were told of. */
  haveTold(counts: Record<string, number>): void {
    for (const [reason, count] of Object.entries(counts)) {
      const left = (this.untold[reason] ?? 0) - count;
      if (left > 0) this.untold[reason] = left;
      else delete this.untold[reason];
    }
  }

  /** Trace and span id, 48 hex digits. */
  idsOf({ number, root }: Started): string {
    return this.ids.trace(root.number) + this.ids.span(number);
  }

  private judge(event: Recorded): Recorded | undefined {
    if (!this.beforeRecord) return event;
    try {
      return this.beforeRecord(event) ?? undefined;
    } catch {
      return undefined;
    }
  }

  private tell(call: Call): void {
    const isFinish = call[0] === "finish";
    if (this.module) this.run(this.module, call);
    // What began keeps its place, so that it can end: ends are given up first.
    else if (!this.givenUp && this.waiting.length < (isFinish ? MAX_WAITING : 2 * MAX_WAITING)) this.waiting.push(call);
    else if (isFinish) {
      const last = this.waiting.at(-1);
      // A moment that is given up takes its beginning with it.
      if (last?.[0] === "begin" && last[1].number === call[1].number) this.waiting.pop();
      this.giveUp(this.givenUp ?? "module_not_ready", 1);
    }
    if (isFinish && !this.module && !this.givenUp) this.onWaiting(0, 0);
  }

  // One call that fails must not take the others with it.
  private run(ready: Module, call: Call): void {
    try {
      if (call[0] === "finish") this.end(ready, call[1]);
      else if (call[0] === "begin") ready.begin(call[1]);
      else if (call[0] === "session") ready.session(call[1]);
      else if (call[0] === "link") ready.link(call[1]);
      else if (call[0] === "cancel") ready.cancel(call[1]);
      else this.onWaiting(ready.long(call[1]), 0);
    } catch {
      counters.errors++;
      if (call[0] === "finish") this.giveUp("malformed", 1);
    }
  }

  private end(ready: Module, event: Finish): void {
    let bytes = ready.finish(event);
    if (bytes === SEAL_FIRST) {
      this.sealFirst();
      bytes = ready.finish(event);
    }
    // The module has counted it for the next batch under the reason it knows.
    if (bytes < 0) this.ledger.drop("refused_by_recorder", 1);
    else this.onWaiting(bytes, 1);
  }
}

// Session, page load, view and last root, which later events refer to, and what has not ended.
const stillNeeded = (calls: Call[]): Call[] => {
  const over = new Set(
    calls.flatMap((call) => (call[0] === "finish" ? [call[1].number] : call[0] === "cancel" ? [call[1]] : [])),
  );
  const session = calls.findLast((call) => call[0] === "session");
  const view = calls.findLast((call) => call[0] === "begin" && call[1].role === role.view);
  const root = calls.findLast((call) => call[0] === "begin" && call[1].parent < 0 && call[1].role !== role.mark);
  return calls.filter((call) => {
    if (call[0] === "session") return call === session;
    if (call[0] === "finish" || call[0] === "cancel") return false;
    const isPageLoad = call[0] === "begin" && call[1].role === role.pageLoad;
    return isPageLoad || call === view || call === root || !over.has(call[1].number);
  });
};

// Known to end inside its parent as far as anybody can know when it starts; if it does not, it is demoted at its end.
const isWithin = ({ ended, root }: Started, { monotonic }: Moment): boolean =>
  !ended && monotonic - root.moment.monotonic < MAX_TRACE;

const canBeCaused = (is: number): boolean => (is & (role.pageLoad | role.interaction | role.mark)) === 0;

const frameOf = ({ id, previous, randomness, previousRoot, root }: Session): SessionFrame => ({
  id,
  previous,
  randomness,
  // Only the first root of a session links to the session before: it has none yet.
  root: root === undefined ? previousRoot : undefined,
});
