// @weft/browser: one line in the page.
//
//     import { init } from "@weft/browser";
//     init({ key: "pk_…", endpoint: "/api/telemetry" });

import { begin, current } from "./begin";
import type { Consent } from "./channel";
import type { Options } from "./options";
import type { LongSpan, Reference, Span } from "./span";
import { Ledger, type Stats } from "./stats";
import type { Attributes } from "./wasm";

export type { Stats } from "./stats";
export type { Consent } from "./channel";
export type { Propagate } from "./capture/propagate";
export type { Capture } from "./capture";
export type { Options } from "./options";
export type { BeforeRecord, Recorded } from "./event";
export type { LongSpan, Reference, Span } from "./span";
export type { Attributes, Value } from "./wasm";
export type { Handle, Identity } from "./handle";

/** Begins to record. Later calls do nothing: the first one wins. */
export const init = (options: Options): void => void begin(options);

/** Records a moment. */
export const event = (name: string, attributes?: Attributes): Reference | undefined =>
  current()?.event(name, attributes);

/**
 * Runs `work` in a span that ends when it returns or, if it returns a promise, when that is settled. What runs inside,
 * and ends inside, is its child.
 */
export const span = <Result>(name: string, work: (span: Span | undefined) => Result): Result => {
  const handle = current();
  return handle ? handle.span(name, work) : work(undefined);
};

/** Opens a span for something that takes long. It survives the page: what ends it is its `end`, or its page's. */
export const longSpan = (name: string, attributes?: Attributes): LongSpan | undefined =>
  current()?.longSpan(name, attributes);

/** Links two events after the fact; they may be in other tabs. `kind` says why, in a word. */
export const link = (from: Reference, to: Reference, kind: string): void => current()?.link(from, to, kind);

/** Records something that was thrown and caught. */
export const captureError = (error: unknown, attributes?: Attributes): void =>
  current()?.captureError(error, attributes);

/** Says something of every event that starts from now on; in the `view`, until the next route. */
export const setAttributes = (attributes: Attributes, where: "page" | "view" = "page"): void =>
  current()?.setAttributes(attributes, where);

/** Says who it is, of roots that start from now on, in memory only; `null`: logged out, and a new session. */
export const identify = (identity: { id: string; [attribute: string]: string } | null): void =>
  current()?.identify(identity);

/** The person has decided, in all tabs. `denied` erases what was kept. */
export const consent = (decision: Consent): void => current()?.consent(decision);

/** Sends what waits. Resolves with true when every recorded event is acknowledged, with false after `timeout` ms. */
export const flush = (timeout = 10_000): Promise<boolean> => current()?.flush(timeout) ?? Promise.resolve(true);

/** The browser's side of the ledger. */
export const stats = (): Stats => current()?.stats() ?? new Ledger().stats();

/** Says on the console what is recorded and what went wrong. */
export const debug = (on = true): void => current()?.debug(on);

/** Stops recording for good, sends what waits and takes back what was changed in the page. */
export const shutdown = (): void => current()?.shutdown();
