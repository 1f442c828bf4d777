// What an app can do with a scope. Nothing here throws into the app.

import { plainAttributes, plainName } from "./attributes";
import { tellError } from "./capture/error";
import type { Consent } from "./channel";
import type { Early } from "./early";
import type { Options } from "./options";
import { guarded, safely } from "./guard";
import { linkKind, role } from "./event";
import { Scope } from "./scope";
import { currentSpan, openLongSpan, referenceTo, runSpan, type LongSpan, type Reference, type Span } from "./span";
import { counters, type Stats } from "./stats";
import type { Attributes } from "./wasm";

export type Identity = { id: string; [attribute: string]: string };

/** The methods of the package, for one key. */
export interface Handle {
  event(name: string, attributes?: Attributes): Reference | undefined;
  span<Result>(name: string, work: (span: Span | undefined) => Result): Result;
  longSpan(name: string, attributes?: Attributes): LongSpan | undefined;
  link(from: Reference, to: Reference, kind: string): void;
  captureError(error: unknown, attributes?: Attributes): void;
  setAttributes(attributes: Attributes, where: "page" | "view"): void;
  identify(identity: Identity | null): void;
  consent(decision: Consent): void;
  flush(timeout: number): Promise<boolean>;
  stats(): Stats;
  debug(on: boolean): void;
  shutdown(): void;
}

export const createHandle = (options: Options, captures: boolean, early?: Early): Handle => {
  const scope = new Scope({ ...options }, captures, early);
  begin(scope);
  const handle = handleOf(scope);
  for (const [name, args] of early?.asked ?? []) {
    const asked = handle[name as keyof Handle] as ((...args: unknown[]) => unknown) | undefined;
    guarded(() => void asked?.(...args))();
  }
  return handle;
};

const handleOf = (scope: Scope): Handle => {
  return {
    event: (name, attributes) => recordEvent(scope, name, attributes),
    span: (name, work) => (scope.isRecording ? runSpan(scope, name, work) : work(undefined)),
    longSpan: (name, attributes) => {
      if (!scope.isRecording) return undefined;
      const [ownName, ownAttributes] = [plainName(name), plainAttributes(attributes)];
      return safely(() => openLongSpan(scope, ownName, ownAttributes));
    },
    link: (from, to, kind) => safely(() => recordLink(scope, from, to, plainName(kind))),
    captureError: (error, attributes) => {
      if (!scope.isRecording) return;
      const own = plainAttributes(attributes);
      safely(() => tellError(scope, error, own, false));
    },
    setAttributes: (attributes, where) => scope.say(plainAttributes(attributes), where),
    identify: (identity) => safely(() => scope.identify(identity && plainAttributes(identity))),
    consent: (decision) => safely(() => scope.tellConsent(decision)),
    flush: (timeout) => flush(scope, timeout),
    stats: () => scope.ledger.stats(),
    debug: (on) => void (scope.options.debug = on),
    shutdown: () => scope.shutdown(),
  };
};

// A page that is rendered ahead of time may never be seen.
const begin = (scope: Scope): void => {
  const once = guarded(() => scope.begin());
  const isAhead = (document as Document & { prerendering?: boolean }).prerendering === true;
  if (isAhead) document.addEventListener("prerenderingchange", once, { once: true });
  else once();
};

const recordEvent = (scope: Scope, name: string, attributes: Attributes | undefined): Reference | undefined => {
  if (!scope.isRecording) return undefined;
  // Before the event starts: reading these may run code of the app, which may record events itself.
  const [ownName, ownAttributes] = [plainName(name), plainAttributes(attributes)];
  return safely(() => {
    const started = scope.recorder.moment(ownName, ownAttributes, role.none, { parent: currentSpan(scope) });
    return referenceTo(scope, started);
  });
};

const isReference = (value: Reference | undefined): boolean =>
  /^[0-9a-f]{32}$/.test(String(value?.traceId)) && /^[0-9a-f]{16}$/.test(String(value?.spanId));

// Both may be over and sent, or be another tab's: so the link is an event of its own, which points to both.
const recordLink = (scope: Scope, from: Reference, to: Reference, name: string): void => {
  if (!scope.isRecording) return;
  if (!isReference(from) || !isReference(to)) return void counters.linksLeftOut++;
  const started = scope.recorder.start(role.mark, { cause: null });
  const point = ({ traceId, spanId }: Reference, kind: string): void =>
    scope.recorder.link(started, { kinds: linkKind.named, name: kind, to: traceId + spanId });
  point(from, "from");
  point(to, name);
  scope.recorder.finish(started, { duration: 0, name: "weft.link", attributes: {} });
};

const flush = (scope: Scope, timeout: number): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      resolve(scope.isSettled);
    };
    const timer = setTimeout(end, timeout);
    const stop = scope.onSettled(() => (scope.isSettled ? end() : scope.flush()));
    scope.flush();
    if (scope.isSettled) end();
  });
