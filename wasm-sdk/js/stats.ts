// The browser's side of the ledger: what was recorded and what became of it.

/** Counts of this page since it loaded, in events unless said otherwise. */
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
  /** Attributes that were left out because their event was too large. */
  attributesLeftOut: number;
  /** Requests of the page that failed with our headers and were repeated without. */
  repeated: number;
  /** Failures inside the SDK; none of them reached the page. */
  errors: number;
  /** Times the wall clock was anchored anew. */
  clockAnchors: number;
}

export const counters: Omit<Stats, "pending"> = {
  recorded: 0,
  acknowledged: 0,
  dropped: {},
  bytesSent: 0,
  requests: 0,
  attributesLeftOut: 0,
  repeated: 0,
  errors: 0,
  clockAnchors: 0,
};

export const drop = (reason: string, count: number): void => {
  counters.dropped[reason] = (counters.dropped[reason] ?? 0) + count;
};

export const stats = (): Stats => {
  const dropped = { ...counters.dropped };
  const gone = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return { ...counters, dropped, pending: counters.recorded - counters.acknowledged - gone };
};
