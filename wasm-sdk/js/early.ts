// What the stub leaves for the SDK: the same calls that `record.ts` keeps until the module is ready.

import type { Options } from "./options";
import type { Call } from "./event";
import type { Session } from "./session";

export type EarlyCall = Call | [string, Record<string, unknown>];

/** Options of the SDK, and where it is. */
export type EarlyOptions = Options & { src: string };

export interface Early {
  options: EarlyOptions;
  seed: Uint8Array<ArrayBuffer>;
  /** As it was before the stub. */
  fetch: typeof window.fetch;
  session?: Session;
  /** Number of the next event; 0 is the page load, which has begun. */
  next: number;
  calls: EarlyCall[];
  /** Calls that come later go here, once somebody listens. */
  tell(call: EarlyCall): void;
  /** The SDK is there: the stub captures no more. */
  stop(): void;
  /** Calls of the app, by name. */
  asked: [string, unknown[]][];
}

/** What a stub in this page left, once. */
export const takeEarly = (): Early | undefined => {
  const page = window as { __weft?: Early };
  const early = page.__weft;
  delete page.__weft;
  return early;
};
