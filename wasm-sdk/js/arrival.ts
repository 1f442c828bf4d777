// Where a document comes from: it may stand in for one that was discarded or reloaded, or have been opened by another
// page. Each page keeps its load's and last root's ids in sessionStorage, which outlives the document and is copied
// to tabs that it opens; a copy is told by its original, which still answers.

import type { Channel } from "./channel";
import { linkKind, type Started } from "./event";
import type { Recorder } from "./record";

interface Trail {
  /** Seed of the page in hex, by which it answers. */
  page: string;
  /** Trace and span ids of its load and of its last root, 48 hex digits. */
  load: string;
  root: string;
}

/** ms for which the first event waits for an original to answer: a wrong link is worse than a late event. */
const PATIENCE = 1_000;

/** ms between two writes for roots that are no interactions. */
const WRITE_EVERY = 1_000;

const IDS = /^[0-9a-f]{48}$/;

/** The trail of one page for one key. */
export class Arrival {
  private readonly before: Trail | undefined;
  private trail: Trail | undefined;
  private written = 0;

  constructor(
    private storage: Storage | undefined,
    private readonly name: string,
  ) {
    this.before = this.read();
  }

  /** Links the page load to what it stands in for. Resolves when it is known whether it does. */
  async link(load: Started, recorder: Recorder, channel: Channel): Promise<void> {
    const { before } = this;
    if (!before) return;
    const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const discarded = (document as Document & { wasDiscarded?: boolean }).wasDiscarded === true;
    const again = discarded || entry?.type === "reload" || entry?.type === "back_forward";
    // A tab that was opened by a page gets a copy of what that page had stored.
    const opened = !again && window.opener !== null;
    if (!again && !opened) return;
    const isCopy = opened || (!discarded && (await channel.whoLives([before.page], PATIENCE)).has(before.page));
    if (isCopy && !opened) return;
    const kinds = opened ? linkKind.opener : linkKind.restored;
    const targets = opened ? [before.root] : [...new Set([before.load, before.root])];
    for (const to of targets) recorder.link(load, { kinds, name: "", to });
  }

  /** A root of this page has begun. */
  keep(page: string, load: string, root: string, wall: number, isInteraction: boolean): void {
    this.trail = { page, load, root };
    if (isInteraction || wall - this.written > WRITE_EVERY) this.save(wall);
  }

  /** Writes what is known now. */
  save(wall: number): void {
    if (!this.trail) return;
    this.written = wall;
    try {
      this.storage?.setItem(this.name, JSON.stringify(this.trail));
    } catch {
      // Full or refused: then a reloaded document knows nothing of this one.
    }
  }

  /** From now on it may be stored. */
  allow(storage: Storage | undefined): void {
    this.storage = storage;
  }

  forget(): void {
    this.trail = undefined;
    try {
      this.storage?.removeItem(this.name);
    } catch {
      // Refused: then there is nothing either.
    }
  }

  private read(): Trail | undefined {
    try {
      const trail = JSON.parse(this.storage?.getItem(this.name) ?? "null") as Partial<Trail> | null;
      const whole = trail && IDS.test(trail.load ?? "") && IDS.test(trail.root ?? "") && typeof trail.page === "string";
      return whole ? (trail as Trail) : undefined;
    } catch {
      return undefined;
    }
  }
}
