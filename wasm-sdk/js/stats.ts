// The browser's side of the ledger: what was recorded and what became of it.

/** Counts since the page loaded, in events unless said otherwise. */
export interface Stats {
  /** Events that ended and were handed to the recorder. */
  recorded: number;
  /** Of those: acknowledged by the collector. */
  acknowledged: number;
  /** Of those: not acknowledged yet. */
  pending: number;
  /** Of those: given up, by reason. */
  dropped: Record<string, number>;
  /** Bytes of requests to the collector, all tries. */
  bytesSent: number;
  /** Requests to the collector, all tries. */
  requests: number;
  /** Of those: tries that failed, for whatever reason. */
  failures: number;
  /** Where unsent events are kept besides memory: `"indexeddb"`, or `"none"` and why. */
  journal: string;
  /** Writes to the journal that failed. */
  journalErrors: number;
  /** Batches of pages that are gone which this page took over from the journal. */
  replayed: number;
  /** Attributes that were left out because their event was too large. */
  attributesLeftOut: number;
  /** Requests of the page that failed with our headers and were repeated without. */
  repeated: number;
  /** Failures inside the SDK; none of them reached the page. */
  errors: number;
  /** Times the wall clock was anchored anew. */
  clockAnchors: number;
  /** Links that were left out because what they come from or point to is not known. */
  linksLeftOut: number;
  /** Globals of the page that could not be given back at shutdown, because somebody patched them after us. */
  stillPatched: string[];
}

/** What is counted for the whole page, whoever records in it. */
export const counters = {
  attributesLeftOut: 0,
  repeated: 0,
  errors: 0,
  clockAnchors: 0,
  linksLeftOut: 0,
  stillPatched: [] as string[],
};

/** The fate of every event of one key. */
export class Ledger {
  recorded = 0;
  acknowledged = 0;
  bytesSent = 0;
  requests = 0;
  failures = 0;
  journal = "none: not opened yet";
  journalErrors = 0;
  replayed = 0;
  readonly dropped: Record<string, number> = {};

  drop(reason: string, count: number): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
  }

  stats(): Stats {
    const dropped = { ...this.dropped };
    const gone = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    const { recorded, acknowledged, bytesSent, requests, failures } = this;
    const { journal, journalErrors, replayed } = this;
    const pending = recorded - acknowledged - gone;
    const sent = { bytesSent, requests, failures, journal, journalErrors, replayed };
    return { recorded, acknowledged, pending, dropped, ...sent, ...counters, stillPatched: [...counters.stillPatched] };
  }
}
