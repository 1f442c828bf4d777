// @weft/browser: one line in the page.
//
//     import { init } from "@weft/browser";
//     init({ key: "pk_…", endpoint: "/api/telemetry" });

import { plainAttributes, plainName } from "./attributes";
import { begin, current, recording } from "./begin";
import { tellError } from "./capture/error";
import type { Consent } from "./channel";
import { LinkKind, Role } from "./event";
import { safely } from "./guard";
import { Of } from "./handle";
import type { Options } from "./options";
import { plainTimeout } from "./plain";
import { openLongSpan, referenceTo, runSpan, type LongSpan, type Reference, type Span } from "./span";
import { newLedger, statsOf, type Stats } from "./stats";
import type { Attributes } from "./wasm";

export type { Stats } from "./stats";
export type { Consent } from "./channel";
export type { Propagate } from "./capture/propagate";
export type { Capture } from "./capture";
export type { Options } from "./options";
export type { BeforeRecord, Recorded } from "./event";
export type { LongSpan, Reference, Span } from "./span";
export type { Attributes, Value } from "./wasm";

/** Who it is. */
export type Identity = { id: string; [attribute: string]: string };

/** Begins to record. Later calls do nothing: the first one wins. */
export const init = (options: Options): void => begin(options);

/** Records a moment. */
export const event = (name: string, attributes?: Attributes): Reference | undefined => {
  const handle = recording();
  if (!handle) return undefined;
  // Before the event starts: reading these may run code of the app, which may record events itself.
  const [ownName, ownAttributes] = [plainName(name), plainAttributes(attributes)];
  return safely(() => {
    const started = handle.start(Role.none, { parent: handle.running.at(-1) });
    handle.finish(started, ownName, ownAttributes);
    return referenceTo(handle, started);
  });
};

/**
 * Runs `work` in a span that ends when it returns or, if it returns a promise, when that is settled. What runs inside,
 * and ends inside, is its child.
 */
export const span = <Result>(name: string, work: (span: Span | undefined) => Result): Result => {
  const handle = recording();
  return handle ? runSpan(handle, name, work) : work(undefined);
};

/** Opens a span for something that takes long. It survives the page: what ends it is its `end`, or its page's. */
export const longSpan = (name: string, attributes?: Attributes): LongSpan | undefined => {
  const handle = recording();
  if (!handle) return undefined;
  const [ownName, ownAttributes] = [plainName(name), plainAttributes(attributes)];
  return safely(openLongSpan, handle, ownName, ownAttributes);
};

const idsIn = (reference: Reference | undefined): string | undefined => {
  const { traceId, spanId } = reference ?? {};
  return /^[\da-f]{32},[\da-f]{16}$/.test(`${traceId},${spanId}`) ? `${traceId}${spanId}` : undefined;
};

/**
 * Links two events after the fact; they may be in other tabs. `kind` says why, in a word. Both may be over and sent, so
 * the link is an event of its own, which points to both.
 */
export const link = (from: Reference, to: Reference, kind: string): void => {
  const handle = recording();
  if (!handle) return;
  safely(() => {
    const [name, one, other] = [plainName(kind), idsIn(from), idsIn(to)];
    if (!one || !other) return void handle.counters.linksLeftOut++;
    const started = handle.start(Role.mark, { cause: null });
    handle.link(started, LinkKind.named, one, "from");
    handle.link(started, LinkKind.named, other, name);
    handle.finish(started, "weft.link");
  });
};

/** Records something that was thrown and caught. */
export const captureError = (error: unknown, attributes?: Attributes): void => {
  const handle = recording();
  if (!handle) return;
  const own = plainAttributes(attributes);
  safely(tellError, handle, error, own, false);
};

/** Says something of every event that starts from now on; in the `view`, until the next route. */
export const setAttributes = (attributes: Attributes, where: "page" | "view" = "page"): void =>
  current()?.say(where === "view" ? Of.view : Of.page, plainAttributes(attributes));

/** Says who it is, of roots that start from now on, in memory only; `null`: logged out, and a new session. */
export const identify = (identity: Identity | null): void =>
  safely(() => {
    const said: Attributes = {};
    for (const [name, value] of Object.entries(plainAttributes(identity))) said[`user.${name}`] = value;
    current()?.say(Of.person, said, true);
    if (identity === null) current()?.endSession();
  });

/** The person has decided, in all tabs. `denied` erases what was kept. */
export const consent = (decision: Consent): void => safely(() => current()?.decide(decision));

/** Sends what waits. Resolves with true when every recorded event is acknowledged, with false after `timeout` ms. */
export const flush = async (timeout = 10_000): Promise<boolean> => {
  const handle = current();
  if (!handle) return true;
  const { onSettled } = handle;
  handle.flush();
  if (!handle.settled())
    await new Promise<void>((resolve) => {
      const timer = plainTimeout(() => end(), timeout);
      const end = (): void => {
        clearTimeout(timer);
        onSettled.delete(look);
        resolve();
      };
      const look = (): void => (handle.settled() ? end() : handle.flush());
      onSettled.add(look);
    });
  return handle.settled();
};

/** The browser's side of the ledger. */
export const stats = (): Stats => current()?.stats() ?? statsOf(newLedger());

/** Says on the console what is recorded and what went wrong. */
export const debug = (on = true): void => {
  const handle = current();
  if (handle) handle.options.debug = on;
};

/** Stops recording for good, sends what waits and takes back what was changed in the page. */
export const shutdown = (): void => current()?.shutdown();
