// What the functions of the package are made of. Several copies of it may be in one page, of several versions: the first
// records, and the others work with this. So its names and what they mean change only with the major version, and what
// a page does not call is not in its bundle.

import type { Consent } from "./channel";
import { wallNow } from "./clock";
import { shutdown } from "./connect";
import { tellConsent } from "./consent";
import type { Known, Started } from "./event";
import { safely } from "./guard";
import { flushNow, waiting } from "./lifecycle";
import { endNow, finish, idsOf, keepOpen, link, start } from "./record";
import type { Scope } from "./scope";
import { endSession } from "./session";
import { counters, pendingOf, statsOf, type Stats } from "./stats";
import type { Attributes } from "./wasm";

/** Whom attributes are said of. */
export const enum Of {
  page = 0,
  view = 1,
  person = 2,
}

export interface Handle {
  /** Whether what happens now is recorded. */
  records(): boolean;
  start(role: number, known?: Known): Started;
  finish(
    started: Started,
    name: string,
    attributes?: Attributes,
    duration?: number,
    kind?: number,
    status?: number,
  ): void;
  /** Now; `failed`: its `error.type`. */
  end(started: Started, name: string, attributes: Attributes, failed?: string): void;
  /** It stays open for long. */
  keep(started: Started, name: string, attributes: Attributes, kind?: number): void;
  /** Bits of proto's `LinkKinds`; to trace and span id, 48 hex digits; a name, if the app made up the kind. */
  link(from: Started, kinds: number, to: string, name?: string): void;
  /** Trace and span id, 48 hex digits. */
  ids(started: Started): string;
  /** The spans that run right now. */
  running: Started[];
  /** Called before anything is sealed; `seal` asks for that soon. */
  beforeSeal: (() => void)[];
  seal(): void;
  /** Says something of every event that starts from now on, instead of what was said before if it is `all`. */
  say(of: Of, attributes: Attributes, all?: boolean): void;
  endSession(): void;
  decide(consent: Consent): void;
  flush(): void;
  /** Whether nothing waits any more, neither events nor what is said of open ones. */
  settled(): boolean;
  /** Called whenever a batch has come to its end. */
  onSettled: Set<() => void>;
  stats(): Stats;
  counters: typeof counters;
  /** The options, of which `debug` may change. */
  options: { endpoint: string; debug?: boolean };
  shutdown(): void;
}

export const handleOf = (scope: Scope): Handle => {
  const here =
    <Args extends unknown[], Result>(work: (scope: Scope, ...args: Args) => Result): ((...args: Args) => Result) =>
    (...args) =>
      work(scope, ...args);
  const { beforeSeal, ledger, onSettled, options, running, said } = scope;
  return {
    records: () => scope.begun === true && !scope.closed,
    start: here(start),
    finish: here(finish),
    end: here(endNow),
    keep: here(keepOpen),
    link: here(link),
    ids: here(idsOf),
    running,
    beforeSeal,
    seal: () => waiting(scope, 0, 0),
    say: (of, attributes, all) => void (said[of] = all ? attributes : { ...said[of], ...attributes }),
    endSession: () => endSession(scope, wallNow()),
    decide: here(tellConsent),
    flush: () => safely(flushNow, scope),
    settled: () => pendingOf(ledger) === 0 && scope.queue.length === 0,
    onSettled,
    stats: () => statsOf(ledger),
    counters,
    options,
    shutdown: here(shutdown),
  };
};
