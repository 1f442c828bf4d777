// The browser's side of the ledger: what was recorded and what became of it.

/** Counts since the page loaded, in events unless said otherwise. */
export interface Stats {
  /** Events that ended and were handed to the recorder. */
  recorded: number;
  /** Of those: acknowledged by the collector. */
  acknowledged: number;
  /** Of those: not acknowledged yet. */
  pending: number;
  /** Of those: given up, by reason; `sampled`: the page is not kept by `sampleRate`. */
  dropped: Record<string, number>;
  /** Bytes of requests to the collector, all tries. */
  bytesSent: number;
  /** Requests to the collector, all tries. */
  requests: number;
  /** Tries that failed, for whatever reason, those to get a token for them among them. */
  failures: number;
  /** Where unsent events are kept besides memory: `"indexeddb"`, or `"none"` and why. */
  journal: string;
  /** Writes to the journal that failed. */
  journalErrors: number;
  /** Batches of pages that are gone which this page took over from the journal. */
  replayed: number;
  /** Attributes that were left out because their event was too large, or there is no place for them. */
  attributesLeftOut: number;
  /** Requests of the page that failed with our headers and were repeated without. */
  repeated: number;
  /** Failures inside the SDK; none of them reached the page. */
  errors: number;
  /** Times the wall clock was anchored anew. */
  clockAnchors: number;
  /** Links that were left out because what they come from or point to is not known, or not kept. */
  linksLeftOut: number;
  /** Globals of the page that could not be given back at shutdown, because somebody patched them after us. */
  stillPatched: string[];
}

/** What is counted for the whole page, whoever records in it. */
export let counters = {
  attributesLeftOut: 0,
  repeated: 0,
  errors: 0,
  clockAnchors: 0,
  linksLeftOut: 0,
  stillPatched: [] as string[],
};

/** Another copy of this package counts for the page. */
export const shareCounters = (theirs: typeof counters): void => void (counters = theirs);

/** The fate of every event of one key. */
export type Ledger = Omit<Stats, keyof typeof counters | "pending">;

export const newLedger = (): Ledger => ({
  recorded: 0,
  acknowledged: 0,
  dropped: {},
  bytesSent: 0,
  requests: 0,
  failures: 0,
  journal: "none: not opened yet",
  journalErrors: 0,
  replayed: 0,
});

/** Events whose fate is open. */
export const pendingOf = ({ recorded, acknowledged, dropped }: Ledger): number =>
  Object.values(dropped).reduce((open, count) => open - count, recorded - acknowledged);

export const statsOf = (ledger: Ledger): Stats => ({
  ...ledger,
  pending: pendingOf(ledger),
  dropped: { ...ledger.dropped },
  ...counters,
  stillPatched: [...counters.stillPatched],
});

/** So many more of what is counted by reason. */
export const count = (counts: Record<string, number>, reason: string, more: number): number =>
  (counts[reason] = (counts[reason] ?? 0) + more);
