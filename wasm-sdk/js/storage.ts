// Storage of the browser, which may be refused: by private mode, in third-party frames, by the person or by policy.
// Merely looking at it throws then. Full or refused, what was to be written is still in memory.

import { attempt } from "./guard";

/** localStorage, if it may be used. */
export const localStore = (): Storage | undefined => attempt(() => localStorage);

/** sessionStorage, if it may be used. */
export const tabStore = (): Storage | undefined => attempt(() => sessionStorage);

/** What was written under this name, by whomever. */
export const written = (storage: Storage | undefined, name: string): string | undefined =>
  attempt(() => storage?.getItem(name) ?? undefined);

/** What JSON says. */
export const parsed = (text = ""): unknown => attempt(() => JSON.parse(text) as unknown);

/** Writes it as JSON. */
export const store = (storage: Storage | undefined, name: string, value: object): void =>
  void attempt(() => storage?.setItem(name, JSON.stringify(value)));

export const forget = (storage: Storage | undefined, name: string): void =>
  void attempt(() => storage?.removeItem(name));
