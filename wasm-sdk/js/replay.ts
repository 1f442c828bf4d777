// What pages that are gone left in the journal is sent by one that lives.
//
// A page is gone if it does not answer and was last written over two minutes ago; then its tail is sealed as it lies
// there, with its long spans given up. Who sends what is decided in the transaction that reads it, so two tabs that
// wake together do not send the same. If a page was only frozen and comes back, what it sends again is suppressed by
// the collector, event by event.

import type { Channel } from "./channel";
import { wallNow } from "./clock";
import { idsOf, unhex } from "./ids";
import { checksum, type Claimed, type Journal, type StoredBatch, type StoredPage } from "./journal";
import { pageState } from "./wasm";

/** ms for which a page that does not answer is left alone. */
const LEFT_ALONE = 120_000;

/** ms for which a frozen one is: the browser may let it go on. */
const FROZEN_ALONE = 7 * 86_400_000;

/** ms after which a batch is given up: the collector remembers for seven days what it has. */
const MAX_AGE = 6.5 * 86_400_000;

/** Bytes of batches of all pages of the origin, and of those taken over at once. */
const MAX_BYTES = 5 * 1024 * 1024;
const MAX_AT_ONCE = 512 * 1024;

export interface Leftovers {
  batches: StoredBatch[];
  /** Pages that ended without a word. */
  killed: StoredPage[];
  /** Events given up, by reason. */
  givenUp: Record<string, number>;
  /** ms after which there may be more; undefined: there is nothing else. */
  again: number | undefined;
}

export interface Mine {
  /** Seed of this page in hex. */
  page: string;
  to: string;
  /** Whether this page has the batch in memory. */
  has(id: string): boolean;
}

/** Takes over what pages that are gone left for the same destination. */
export const takeOver = async (journal: Journal, channel: Channel, mine: Mine): Promise<Leftovers> => {
  const all = await journal.all();
  const named = ({ page, claimant }: { page: string; claimant?: string }): string[] => [page, claimant ?? page];
  const others = new Set([...all.batches.flatMap(named), ...all.pages.flatMap(named)]);
  others.delete(mine.page);
  const living = await channel.whoLives([...others]);
  const now = wallNow();
  const look = new Look(mine, living, now);
  const batches = all.batches.filter((batch) => look.isLeft(batch));
  const pages = all.pages.filter((page) => look.isGone(page));
  look.bound(all.batches, journal);
  const killed = pages.filter(({ page }) => !endedWell(page));
  const claimed = await journal.claim(
    look.atOnce(batches),
    pages.map(({ page }) => page),
    look.claims(),
  );
  return { batches: claimed, killed, givenUp: look.givenUp, again: look.again };
};

/** One look at the journal. */
class Look {
  readonly givenUp: Record<string, number> = {};
  again: number | undefined;

  constructor(
    private readonly mine: Mine,
    private readonly living: ReadonlySet<string>,
    private readonly now: number,
  ) {}

  isLeft(batch: StoredBatch): boolean {
    if (batch.to !== this.mine.to || this.mine.has(batch.id)) return false;
    const claimedByOther = batch.claimant !== undefined && batch.claimant !== this.mine.page;
    if (claimedByOther && this.living.has(batch.claimant ?? "")) return false;
    if (batch.page === this.mine.page) return true;
    return (
      !this.living.has(batch.page) &&
      this.isOld(Math.max(batch.wall, claimedByOther ? (batch.claimed ?? 0) : 0), LEFT_ALONE)
    );
  }

  isGone({ page, to, wall, state, claimant }: StoredPage): boolean {
    if (to !== this.mine.to || page === this.mine.page || this.living.has(page)) return false;
    // Somebody else will say so, or has to.
    if (claimant !== undefined) return !this.living.has(claimant) && claimant !== this.mine.page;
    if (endedWell(page)) return true;
    return this.isOld(wall, state === pageState.frozen ? FROZEN_ALONE : LEFT_ALONE);
  }

  /** As many of them as are sent in one go. */
  atOnce(batches: StoredBatch[]): string[] {
    let bytes = 0;
    const first = batches.filter(({ body }) => (bytes += body.length) <= MAX_AT_ONCE || bytes === body.length);
    if (first.length < batches.length) this.again = 0;
    return first.map(({ id }) => id);
  }

  /** Gives up what is too old, and the oldest of what is too much. */
  bound(batches: StoredBatch[], journal: Journal): void {
    let bytes = 0;
    for (const batch of [...batches].sort((one, other) => other.wall - one.wall)) {
      bytes += batch.body.length;
      const reason =
        this.now - batch.wall > MAX_AGE ? "journal_too_old" : bytes > MAX_BYTES ? "journal_full" : undefined;
      if (!reason || this.mine.has(batch.id)) continue;
      journal.remove(batch.id);
      this.giveUp(reason, batch.events);
    }
  }

  /** What is claimed, as the transaction finds it. */
  claims(): { batch(now: StoredBatch): StoredBatch | undefined; page(now: StoredPage): Claimed } {
    const claim = { claimant: this.mine.page, claimed: this.now };
    const whole = (batch: StoredBatch): StoredBatch | undefined => {
      const isOld = this.now - batch.wall > MAX_AGE;
      if (!isOld && checksum(batch.body) === batch.sum) return { ...batch, ...claim };
      this.giveUp(isOld ? "journal_too_old" : "journal_torn", batch.events);
      return undefined;
    };
    return {
      // Somebody else was faster, or its page was.
      batch: (batch) => (this.isLeft(batch) ? whole(batch) : undefined),
      page: ({ page, to, wall, state, tail }) => ({
        batch: tail && whole({ ...tail, page, to }),
        page: endedWell(page) ? undefined : { page, to, wall, state, claimant: this.mine.page },
      }),
    };
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

// What is written in `pagehide` must be written at once, and of all storage only this is: Firefox loses transactions
// that begin there.
const ENDED = "weft.ended";

/** Pages remembered as having ended. */
const MAX_ENDED = 32;

const ended = (): string[] => {
  try {
    return (localStorage.getItem(ENDED) ?? "").split(",").filter(Boolean);
  } catch {
    return [];
  }
};

const remember = (pages: string[]): void => {
  try {
    localStorage.setItem(ENDED, pages.slice(-MAX_ENDED).join());
  } catch {
    // Full or refused: the page will be taken for killed, which says "unknown".
  }
};

// Seeds are secrets of the journal.
const nameOf = (page: string): string => idsOf(unhex(page)).page();

/** A page ends as pages do. */
export const endWell = (page: string): void => remember([...ended(), nameOf(page)]);

/** It did not end after all. */
export const comeBack = (page: string): void => {
  const [all, name] = [ended(), nameOf(page)];
  if (all.includes(name)) remember(all.filter((other) => other !== name));
};

const endedWell = (page: string): boolean => ended().includes(nameOf(page));
