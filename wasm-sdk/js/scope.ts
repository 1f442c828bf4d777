// What one page knows that records for one key. Every function that records takes it first.

import type { Trail } from "./arrival";
import type { Consent } from "./channel";
import type { Early } from "./early";
import type { Cause, Call, Started } from "./event";
import { handleOf, type Handle } from "./handle";
import { hex, idsOf, type Ids } from "./ids";
import { deniedBySignal, type Options } from "./options";
import type { Batch, Urgency } from "./send";
import type { Session } from "./session";
import { newLedger, type Ledger } from "./stats";
import type { Verbs } from "./verbs";
import type { Attributes, Module } from "./wasm";

/** Version of this package; filled in by the build. */
declare const VERSION: string;

/** One `init`. */
export interface Scope extends About, Recording, Leaving, Sending {}

/** One whose module is there. */
export type Ready = Scope & { module: Module };

/** What is asked of it. */
interface About {
  readonly handle: Handle;
  readonly options: Options;
  /** Where batches go, with the key. */
  readonly url: string;
  /** Address of the module. */
  readonly moduleUrl: URL;
  readonly resource: Attributes;
  readonly seed: Uint8Array<ArrayBuffer>;
  /** The seed in hex: the page's name among pages. */
  readonly page: string;
  readonly ids: Ids;
  readonly ledger: Ledger;
  consent: Consent;
  /** Whether what happens in the page by itself is recorded here; one key of a page does that. */
  readonly captures: boolean;
  /** Begins to record, if the person has not refused. */
  begin?: () => void;
  /** Whether it has begun to record; and stopped for good. */
  begun?: boolean;
  closed?: boolean;
  /** Whether the module has been asked for. */
  connected?: boolean;
  /** What takes back, at shutdown, what was changed in the page. */
  readonly undos: (() => void)[];
}

/** record.ts, policy.ts, session.ts, arrival.ts, channel.ts */
interface Recording {
  module?: Module;
  /** What applies the collector's policy. */
  verbs?: Verbs;
  /** What the module will be told when it is there. */
  calls: Call[];
  nextEvent: number;
  /** A stub has told of the page load. */
  loadTold?: boolean;
  toldSession?: string;
  /** Events given up that no batch has told of yet, by reason; with a module it keeps them. */
  untold: Record<string, number>;
  /** Why nothing is sent any more, or why nothing ever is. */
  abandoned?: string;
  /** Roots so far, and the number of the last. */
  roots: number;
  lastRoot: number;
  /** What is said of every event that starts from now on: of the page, the view, the person. */
  readonly said: [page: Attributes, view: Attributes, person: Attributes];
  /** The spans that run right now. */
  readonly running: Started[];
  /** Guesses or knows what makes an event happen now. */
  causeNow?: () => Cause | undefined;
  /** Where sessions and trails may be stored. */
  localStore?: Storage | undefined;
  tabStore?: Storage | undefined;
  mySession?: Session | undefined;
  /** The session that the page began in: what was drawn for it holds for the page (decision 0019). */
  first?: Session;
  /** The first session of another person: what was drawn for it holds for those that begin here after it. */
  heir?: Session;
  sessionWritten: number;
  /** What lies in storage, as it is written and as it is read. */
  sessionText?: string | undefined;
  sessionThere?: Session | undefined;
  trail?: Trail | undefined;
  trailWritten: number;
  channel?: BroadcastChannel | undefined;
  decisions?: BroadcastChannel;
  /** Who answered, for each question that is open. */
  readonly questions: Set<Set<string>>;
}

/** lifecycle.ts */
interface Leaving {
  /** Sends what waits; undefined: it cannot yet, or no more. */
  sendOut?: ((urgency: Urgency) => void) | undefined;
  /** What will do so when the person agrees again. */
  sendIfAgreed?: ((urgency: Urgency) => void) | undefined;
  /** Events that wait to be sealed. */
  unsealed: number;
  flushWanted?: boolean;
  frozenNow?: boolean;
  lastInteraction: number;
  flushTimer?: number | undefined;
  keepTimer?: number | undefined;
  /** Called before anything is sealed because the page is hidden or leaves; and before anything is sealed or kept. */
  readonly beforeHide: (() => void)[];
  readonly beforeSeal: (() => void)[];
  /** Called when the page load has ended, after so many ms, and before it is recorded. */
  readonly onLoaded: ((load: Started, duration: number) => void)[];
  /** Called once, when the module is there or given up, and the page has nothing better to do. */
  readonly whenIdle: (() => void)[];
  /** Called whenever a batch has come to its end. */
  readonly onSettled: Set<() => void>;
}

/** outgoing.ts, send.ts, token.ts, journal.ts */
interface Sending {
  nextBatch: number;
  queue: Batch[];
  /** Batches that only the journal has, and their events. */
  readonly evicted: Map<string, number>;
  readonly afterSending: (() => void)[];
  /** Pages that were said to be gone since the last write. */
  readonly reported: string[];
  takesOver?: boolean;
  lookAgain?: number;
  keepaliveBytes: number;
  failures: number;
  notBefore: number;
  askedUntil: number;
  sendTimer?: number;
  /** What the app's `token` said, as it stands in the query of requests; and until when it is not asked again. */
  tokenQuery: string;
  tokenDue: number;
  db?: IDBDatabase | undefined;
  journalMissed?: boolean;
  reopened: number;
  /** Batches that this page has written and that are still there. */
  readonly held: Set<string>;
  /** Batches that have come to their end, and are still there. */
  readonly over: string[];
  overTimer?: number | undefined;
}

/** One that has not begun. */
export const createScope = (options: Options, captures: boolean, early: Early | undefined): Scope => {
  const seed = early?.seed ?? crypto.getRandomValues(new Uint8Array(16));
  const url = new URL(options.endpoint, document.baseURI);
  url.searchParams.set("key", options.key);
  const { wasmUrl } = options;
  const scope: Omit<Scope, "handle"> & { handle?: Handle } = {
    options,
    url: url.href,
    // The default is written out, because bundlers find files by this very expression.
    moduleUrl: wasmUrl ? new URL(wasmUrl, document.baseURI) : new URL("weft.wasm", import.meta.url),
    resource: { "service.version": options.version, "telemetry.sdk.version": VERSION },
    seed,
    page: hex(seed),
    ids: idsOf(seed),
    ledger: newLedger(),
    consent: deniedBySignal(options) ? "denied" : (options.consent ?? "granted"),
    captures,
    ...nothingYet(),
  };
  return Object.assign(scope, { handle: handleOf(scope as Scope) });
};

/** Before anything has happened. */
const nothingYet = (): Pick<About, "undos"> & Recording & Leaving & Sending => ({
  undos: [],
  calls: [],
  nextEvent: 1,
  untold: {},
  roots: 0,
  lastRoot: 0,
  said: [{}, {}, {}],
  running: [],
  sessionWritten: 0,
  trailWritten: 0,
  questions: new Set(),
  unsealed: 0,
  lastInteraction: 0,
  beforeHide: [],
  beforeSeal: [],
  onLoaded: [],
  whenIdle: [],
  onSettled: new Set(),
  nextBatch: 0,
  queue: [],
  evicted: new Map(),
  afterSending: [],
  reported: [],
  keepaliveBytes: 0,
  failures: 0,
  notBefore: 0,
  askedUntil: 0,
  tokenQuery: "",
  tokenDue: 0,
  reopened: 0,
  held: new Set(),
  over: [],
});
