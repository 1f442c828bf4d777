// Between the module and the network: what is sealed is kept in the journal, queued and sent; what other pages left
// is taken over.

import type { Channel } from "./channel";
import { inWords, wallNow } from "./clock";
import { guarded } from "./guard";
import { idsOf, unhex } from "./ids";
import { checksum, type Journal, type StoredBatch, type StoredPage } from "./journal";
import type { Outlet } from "./lifecycle";
import { plainTimeout } from "./plain";
import { role } from "./event";
import { comeBack, endWell, takeOver } from "./replay";
import type { Scope } from "./scope";
import { Sender, type Urgency } from "./send";
import { pageState, type Module, type Sealed } from "./wasm";

/** ms added at random, so that tabs which wake together do not look at once. */
const SPREAD = 2_000;

/** The way out of one page for one key. */
export class Outgoing implements Outlet {
  /** Hears whenever a batch has come to its end. */
  onSettled: () => void = () => {};
  private readonly sender: Sender;
  private next = 0;
  private readonly afterSending: (() => void)[] = [];
  /** Pages that were said to be gone since the last write. */
  private readonly reported: string[] = [];
  private lookAgain: number | undefined;
  private looking = false;

  constructor(
    private readonly scope: Scope,
    private readonly module: Module,
    private readonly journal: Journal,
    private readonly channel: Channel,
  ) {
    this.sender = new Sender(scope.url, module, scope.recorder, scope.ledger, journal);
    journal.onLost = (id) => this.sender.isLost(id);
    this.sender.onSettled = () => {
      if (this.sender.hasRoom()) this.takeOver();
      this.onSettled();
    };
  }

  seal(events: number, state: number, leaving: boolean): void {
    this.journal.revive();
    const wall = wallNow();
    const sealed = this.module.seal(wall, state);
    if (!sealed) return;
    const number = this.next++;
    const batch = {
      ...sealed,
      seed: this.scope.recorder.seed,
      number,
      events,
      id: this.name(number, sealed),
      own: true,
    };
    const keep = (): void => {
      if (!this.journal.isOpen) return;
      const stored = this.stored(sealed, number, events, wall);
      this.journal.seal(stored, this.record(wall, state, 0), this.reported.splice(0));
    };
    // Before it is sent: whoever acknowledges it must not find it still to be written. But Firefox may end a page that is
    // closed in the middle of `pagehide`, and there a request goes further than a transaction.
    if (leaving) this.afterSending.push(keep);
    else keep();
    this.sender.add(batch);
  }

  keep(events: number, state: number): void {
    this.journal.revive();
    if (this.journal.isOpen) this.journal.page(this.record(wallNow(), state, events), this.reported.splice(0));
  }

  send(urgency: Urgency): void {
    this.sender.send(urgency);
    for (const keep of this.afterSending.splice(0)) guarded(keep)();
    if (urgency !== "soon") this.scope.sessions.save();
  }

  leave(): void {
    // In the back/forward cache it is as good as gone: the browser may throw it away without a word.
    if (this.journal.isOpen) endWell(this.scope.page);
    this.journal.end(this.scope.page);
    this.channel.close();
  }

  comeBack(): void {
    comeBack(this.scope.page);
    this.channel.open();
    this.keep(0, pageState.visible);
    this.sender.comeBack();
  }

  /** Whether nothing is queued. */
  get isEmpty(): boolean {
    return this.sender.bytes === 0;
  }

  /** Nothing is sent any more. */
  forget(reason: string): void {
    clearTimeout(this.lookAgain);
    this.sender.forget(reason);
  }

  /** The network is back. */
  backOnline(): void {
    this.sender.backOnline();
  }

  /** Sends what pages that are gone left behind. */
  takeOver(): void {
    if (!this.journal.isOpen || !this.scope.isRunning || this.looking) return;
    this.looking = true;
    const mine = { page: this.scope.page, to: this.scope.url, has: (id: string) => this.sender.has(id) };
    const adopt = takeOver(this.journal, this.channel, mine).then(({ batches, killed, givenUp, again }) => {
      for (const batch of batches) this.adopt(batch);
      for (const page of killed) this.report(page);
      for (const [reason, count] of Object.entries(givenUp)) this.module.dropped(reason, count);
      if (batches.length > 0) this.sender.send("soon");
      if (again === undefined) return;
      this.lookAgain = plainTimeout(
        guarded(() => this.takeOver()),
        again + Math.random() * SPREAD,
      );
    });
    const failed = (): void => void this.scope.ledger.journalErrors++;
    void adopt.catch(failed).then(() => (this.looking = false));
  }

  private adopt({ page, number, events, id, form, digest, body }: StoredBatch): void {
    const own = page === this.scope.page;
    if (!own) this.scope.ledger.replayed++;
    this.sender.add({ seed: unhex(page), number, events, id, form, digest, body, own });
  }

  // What it lost nobody knows, so no number is made up.
  private report({ page, wall, state }: StoredPage): void {
    // The page's record goes when this is written.
    this.reported.push(page);
    const names: Record<number, string> = {
      [pageState.hidden]: "hidden",
      [pageState.idle]: "idle",
      [pageState.frozen]: "frozen",
    };
    this.scope.recorder.moment(
      "weft.page.killed",
      {
        "weft.killed.page.id": idsOf(unhex(page)).page(),
        "weft.killed.last_seen": inWords(wall),
        "weft.killed.state": names[state] ?? "visible",
        "weft.killed.loss": "unknown",
      },
      role.mark,
    );
  }

  private name(number: number, { digest }: Sealed): string {
    return `${this.scope.page}.${number}.${digest}`;
  }

  private stored(sealed: Sealed, number: number, events: number, wall: number): StoredBatch {
    const { page, url: to } = this.scope;
    return { ...sealed, id: this.name(number, sealed), page, to, number, events, wall, sum: checksum(sealed.body) };
  }

  // The page as it is now, with what it has not sealed.
  private record(wall: number, state: number, events: number): StoredPage {
    const { page, url: to } = this.scope;
    const sealed = this.module.tail(wall);
    if (!sealed) return { page, to, wall, state };
    const { page: _page, to: _to, ...tail } = this.stored(sealed, this.next, events, wall);
    return { page, to, wall, state, tail };
  }
}
