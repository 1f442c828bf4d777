// Fetched when the journal has something to take over: what pages that are gone left is sent by one that lives.
//
// A page is gone if it does not answer and was last written over two minutes ago; then its tail is sealed as it lies
// there, with its long spans given up. Who sends what is decided in the transaction that reads it, so two tabs that
// wake together do not send the same. If a page was only frozen and comes back, what it sends again is suppressed by
// the collector, event by event.

import type { StoredBatch, StoredPage } from "./journal";
import type { Tools } from "./outgoing";
import type { Ready } from "./scope";

/** ms for which a page that does not answer is left alone. */
const LEFT_ALONE = 120_000;

/** ms for which a frozen one is: the browser may let it go on. */
const FROZEN_ALONE = 7 * 86_400_000;

/** ms after which a batch is given up: the collector remembers for seven days what it has. */
const MAX_AGE = 6.5 * 86_400_000;

/** Bytes of batches of all pages of the origin, and of those taken over at once. */
const MAX_BYTES = 5 * 1024 * 1024;
const MAX_AT_ONCE = 512 * 1024;

/** ms added at random, so that tabs which wake together do not look at once. */
const SPREAD = 2_000;

/** `PageState` in words; no constants of other files, whose code would come along. */
const STATES = ["visible", "visible", "idle", "hidden", "frozen"];
const FROZEN = 4;
const SOON = 0;
const MARK = 8;

/** What a page that is gone becomes: its tail is sealed, and it stays until somebody has said that it was killed. */
interface Claimed {
  batch: StoredBatch | undefined;
  page: StoredPage | undefined;
}

/** Takes over what there is for the same destination. Returns the ms after which there may be more, if there may. */
export const replay = async (scope: Ready, tools: Tools): Promise<number | undefined> => {
  const { db, page: mine, ledger, module } = scope;
  const { answered, ask, add, send, stores, unhex, whoLives } = tools;
  if (!db) return undefined;
  const [, ...both] = stores(db, "readonly");
  const [batches = [], pages = []] = (await Promise.all(both.map((store) => answered(store.getAll())))) as [
    StoredBatch[],
    StoredPage[],
  ];
  const others = new Set([...batches, ...pages].flatMap(({ page, claimant = page }) => [page, claimant]));
  others.delete(mine);
  const look = new Look(scope, tools, await whoLives(scope, [...others]));
  // The person may think it over meanwhile, or have refused.
  if (!scope.sendOut) return undefined;
  const left = look.atOnce(batches.filter((batch) => look.isLeft(batch)));
  const gone = pages.filter((page) => look.isGone(page));
  // What a page that is not kept gives up, or says of others, nobody hears: one that is kept will do it.
  if (!scope.abandoned) look.bound(batches);
  const killed = gone.filter(({ page }) => !scope.abandoned && !look.endedWell(page));
  for (const { page, ...batch } of await claim(scope, tools, left, gone, look)) {
    const own = page === mine;
    if (!own) ledger.replayed++;
    add(scope, { ...batch, seed: unhex(page), own });
  }
  for (const page of killed) report(scope, tools, page);
  for (const [reason, count] of Object.entries(look.givenUp)) ask(module, "dropped", count, reason);
  send(scope, SOON);
  return look.again === undefined ? undefined : look.again + Math.random() * SPREAD;
};

// Changes records in one transaction, as it finds them now.
const claim = async (
  { db }: Ready,
  { stores }: Tools,
  left: StoredBatch[],
  gone: StoredPage[],
  look: Look,
): Promise<StoredBatch[]> => {
  if (!db) return [];
  const [transaction, batches, pages] = stores(db, "readwrite");
  const claimed: StoredBatch[] = [];
  const keep = (batch: StoredBatch | undefined): void => {
    if (!batch) return;
    batches.put(batch);
    claimed.push(batch);
  };
  for (const { id } of left) {
    const request = batches.get(id) as IDBRequest<StoredBatch | undefined>;
    // Somebody else was faster, or its page was.
    request.onsuccess = () => request.result && look.isLeft(request.result) && keep(look.whole(request.result));
  }
  for (const { page: id } of gone) {
    const request = pages.get(id) as IDBRequest<StoredPage | undefined>;
    request.onsuccess = () => {
      if (!request.result) return;
      const { batch, page } = look.claimed(request.result);
      keep(batch);
      if (page) pages.put(page);
      else pages.delete(id);
    };
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  return claimed;
};

/** One look at the journal. */
class Look {
  readonly givenUp: Record<string, number> = {};
  again: number | undefined;
  private readonly now: number;

  constructor(
    private readonly scope: Ready,
    private readonly tools: Tools,
    private readonly living: ReadonlySet<string>,
  ) {
    this.now = tools.wallNow();
  }

  isLeft(batch: StoredBatch): boolean {
    const { url, page } = this.scope;
    if (batch.to !== url || this.has(batch) || this.isLeftToOthers(batch.wall)) return false;
    const claimedByOther = batch.claimant !== undefined && batch.claimant !== page;
    if (claimedByOther && this.living.has(batch.claimant ?? "")) return false;
    if (batch.page === page) return true;
    return (
      !this.living.has(batch.page) &&
      this.isOld(Math.max(batch.wall, claimedByOther ? (batch.claimed ?? 0) : 0), LEFT_ALONE)
    );
  }

  isGone({ page, to, wall, state, claimant }: StoredPage): boolean {
    const { url, page: mine } = this.scope;
    if (to !== url || page === mine || this.living.has(page) || this.isLeftToOthers(wall)) return false;
    // Somebody else will say so, or has to.
    if (claimant !== undefined) return !this.living.has(claimant) && claimant !== mine;
    if (this.endedWell(page)) return true;
    return this.isOld(wall, state === FROZEN ? FROZEN_ALONE : LEFT_ALONE);
  }

  endedWell(page: string): boolean {
    return this.tools.endedWell(this.tools.idsOf(this.tools.unhex(page)));
  }

  /** As many of them as are sent in one go. */
  atOnce(batches: StoredBatch[]): StoredBatch[] {
    let bytes = 0;
    const first = batches.filter(({ body }) => (bytes += body.length) <= MAX_AT_ONCE || bytes === body.length);
    if (first.length < batches.length) this.again = 0;
    return first;
  }

  /** Gives up what is too old, and the oldest of what is too much. */
  bound(batches: StoredBatch[]): void {
    let bytes = 0;
    for (const batch of [...batches].sort((one, other) => other.wall - one.wall)) {
      bytes += batch.body.length;
      const reason =
        this.now - batch.wall > MAX_AGE ? "journal_too_old" : bytes > MAX_BYTES ? "journal_full" : undefined;
      if (!reason || this.has(batch)) continue;
      this.tools.remove(this.scope, batch.id);
      this.giveUp(reason, batch.events);
    }
  }

  /** The batch, claimed, if it is whole and not too old. */
  whole(batch: StoredBatch): StoredBatch | undefined {
    const isOld = this.now - batch.wall > MAX_AGE;
    if (!isOld && this.tools.checksum(batch.body) === batch.sum)
      return { ...batch, claimant: this.scope.page, claimed: this.now };
    this.giveUp(isOld ? "journal_too_old" : "journal_torn", batch.events);
    return undefined;
  }

  // It will be said that the page was killed, by one that is kept.
  private claim(): { claimant?: string } {
    return this.scope.abandoned ? {} : { claimant: this.scope.page };
  }

  private isLeftToOthers(wall: number): boolean {
    return this.scope.abandoned !== undefined && this.now - wall > MAX_AGE;
  }

  claimed({ page, to, wall, state, tail }: StoredPage): Claimed {
    return {
      batch: tail && this.whole({ ...tail, page, to }),
      page: this.endedWell(page) ? undefined : { page, to, wall, state, ...this.claim() },
    };
  }

  /** Whether this page has the batch in memory, or is done with it. */
  private has({ id }: StoredBatch): boolean {
    const { queue, over } = this.scope;
    return queue.some((batch) => batch.id === id) || over.includes(id);
  }

  // A time in the future was written before the clock was set back: nobody knows how long ago.
  private isOld(wall: number, limit: number): boolean {
    const age = this.now - wall;
    if (age < 0 || age > limit) return true;
    if (limit === LEFT_ALONE) this.again = Math.min(this.again ?? limit, limit - age + 1);
    return false;
  }

  private giveUp(reason: string, events: number): void {
    this.givenUp[reason] = (this.givenUp[reason] ?? 0) + events;
  }
}

// What it lost nobody knows, so no number is made up.
const report = (scope: Ready, { idsOf, inWords, moment, unhex }: Tools, { page, wall, state }: StoredPage): void => {
  // The page's record goes when this is written.
  scope.reported.push(page);
  const attributes = {
    "weft.killed.page.id": idsOf(unhex(page)).page(),
    "weft.killed.last_seen": inWords(wall),
    "weft.killed.state": STATES[state] ?? "visible",
    "weft.killed.loss": "unknown",
  };
  moment(scope, "weft.page.killed", attributes, MARK);
};
