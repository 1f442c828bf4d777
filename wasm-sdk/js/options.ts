// What a page says in its one line.

import type { Capture } from "./capture";
import type { Consent } from "./channel";
import type { Propagate } from "./capture/propagate";
import type { BeforeRecord } from "./event";

export interface Options {
  /** The public key of this site at the collector. It decides service and environment. */
  key: string;
  /** The collector's address, absolute or relative to the page: `/api/telemetry`. */
  endpoint: string;
  /**
   * Gives the short-lived token that this collector wants to see beside the key. It is called before anything is sent, and
   * again when the collector wants another one; until it has said one, events wait in the journal. It is kept in memory only.
   */
  token?: () => string | Promise<string>;
  /** Version of the app, as the app says. */
  version?: string;
  /**
   * Which requests carry `traceparent`, `tracestate` and `baggage`: those to the page's own origin and to origins that
   * are listed in `to`. `except`: beginnings of paths that do not, for example because they redirect to another origin.
   */
  propagate?: Propagate;
  /**
   * What is captured by itself; by default page loads, routes, what people do, and requests by fetch. `@weft/browser/full`
   * captures everything; single ones are in `@weft/browser/capture`.
   */
  capture?: readonly Capture[];
  /**
   * Which part of all sessions is kept, from 0 to 1: 0.1 keeps one in ten, with all that happens in it. Of the others nothing
   * is sent, and their requests say so in `traceparent`. A page stays what the session is that it begins in, for as long as
   * it lives. Default: 1.
   */
  sampleRate?: number;
  /** Sees every event before it is kept; may change its name and attributes; `null`: it is dropped, and counted. */
  beforeRecord?: BeforeRecord;
  /**
   * What the person has agreed to. `pending`: events wait in memory, nothing is stored, sent or added to requests, until
   * `consent()` says more. Default: `granted`.
   */
  consent?: Consent;
  /** `true`: Global Privacy Control and Do Not Track mean `denied`. */
  honourPrivacySignals?: boolean;
  /** `memory`: nothing is kept in this browser, so a killed tab loses what it had not sent. Default: `browser`. */
  storage?: "browser" | "memory";
  /** Labels of pressed elements (`aria-label`, `title`) are recorded too. */
  labels?: boolean;
  /** Where the module is, absolute or relative to the page; by default beside this script. */
  wasmUrl?: string | URL;
  /** `false`: the module compiled to JavaScript is used, for pages whose policy forbids WebAssembly. */
  wasm?: boolean;
  /** Says on the console what went wrong and what to change. */
  debug?: boolean;
}

/** What a browser says of the person's wishes, where the page honours that. */
export const deniedBySignal = ({ honourPrivacySignals }: Options): boolean => {
  const said = navigator as Navigator & { globalPrivacyControl?: boolean; doNotTrack?: string | null };
  return honourPrivacySignals === true && (said.globalPrivacyControl === true || said.doNotTrack === "1");
};
