// Storage of the browser, which may be refused: by private mode, in third-party frames, by the person or by policy.
// Merely looking at it throws then. Full or refused, what was to be written is still in memory.

import { attempt } from "./guard";

/** localStorage, if it may be used. */
export const localStore = (): Storage | undefined => attempt(() => localStorage);

/** sessionStorage, if it may be used. */
export const tabStore = (): Storage | undefined => attempt(() => sessionStorage);

/** What was written as JSON under this name, by whomever. */
export const stored = (storage: Storage | undefined, name: string): unknown =>
  attempt(() => JSON.parse(storage?.getItem(name) ?? "null") as unknown);

/** Writes it as JSON. */
export const store = (storage: Storage | undefined, name: string, value: object): void =>
  void attempt(() => storage?.setItem(name, JSON.stringify(value)));

export const forget = (storage: Storage | undefined, name: string): void =>
  void attempt(() => storage?.removeItem(name));
