// @weft/browser: one line in the page.
//
//     import { init } from "@weft/browser";
//     init({ key: "pk_…", endpoint: "/api/telemetry" });

import { plainAttributes, plainName } from "./attributes";
import { capture } from "./capture";
import { plainFetch } from "./capture/fetch";
import type { Propagate } from "./capture/propagate";
import { guarded } from "./guard";
import { flushNow, onWaiting, sealNow, watchLifecycle } from "./lifecycle";
import { abandon, attach, finish, openPage, role, start } from "./record";
import { onSettled, openSender } from "./send";
import { counters, stats } from "./stats";
import { load, type Attributes } from "./wasm";

export { stats, type Stats } from "./stats";
export type { Propagate } from "./capture/propagate";
export type { Attributes, Value } from "./wasm";

export interface Options {
  /** The public key of this site at the collector. It decides service and environment. */
  key: string;
  /** The collector's address, absolute or relative to the page: `/api/telemetry`. */
  endpoint: string;
  /** Version of the app, as the app says. */
  version?: string;
  /**
   * Whether requests to the page's own origin carry `traceparent`, `tracestate` and `baggage`; `except`: beginnings
   * of paths that do not, for example because they redirect to another origin. On by default.
   */
  propagate?: Propagate;
  /** Where the module is, absolute or relative to the page; by default beside this script. */
  wasmUrl?: string | URL;
  /** Says on the console what went wrong and what to change. */
  debug?: boolean;
}

/** ms after which the module is fetched even if the page is still busy. */
const LOAD_AT_LATEST = 5_000;

// A page has one life: what was shut down does not begin again, because its ids and numbers are spent.
let state: "new" | "running" | "closed" = "new";
let undos: (() => void)[] = [];

/** Begins to record. Later calls do nothing: the first one wins. */
export const init = (options: Options): void => {
  // In Node, in a worker and during server-side rendering there is no page.
  if (state !== "new" || typeof document === "undefined" || typeof WebAssembly === "undefined") return;
  const problem = problemWith(options);
  if (problem) {
    if (options?.debug) console.warn(`weft: nothing is recorded: ${problem}`);
    return;
  }
  state = "running";
  const once = guarded(() => {
    if (state === "running") begin(options);
  });
  // A page that is rendered ahead of time may never be seen.
  if ((document as Document & { prerendering?: boolean }).prerendering) {
    document.addEventListener("prerenderingchange", once, { once: true });
  } else once();
};

// Checked here and not only by the compiler: most pages are not compiled.
const problemWith = (options: Partial<Options> | undefined): string | undefined => {
  if (typeof options?.key !== "string" || !options.key) return "init() needs `key`, the site's public key";
  if (typeof options.endpoint !== "string" || !options.endpoint) return "init() needs `endpoint`, the collector's address";
  try {
    new URL(options.endpoint, document.baseURI);
    if (options.wasmUrl) new URL(options.wasmUrl, document.baseURI);
    return undefined;
  } catch {
    return "`endpoint` or `wasmUrl` is no address";
  }
};

/** Records a moment. */
export const event = (name: string, attributes?: Attributes): void => {
  if (state !== "running") return;
  // Before the event starts: reading these may run code of the app, which may record events itself.
  const [ownName, ownAttributes] = [plainName(name), plainAttributes(attributes)];
  guarded(() => finish(start(role.none), 0, ownName, ownAttributes))();
};

/** Sends what waits. Resolves with true when every recorded event is acknowledged, with false after `timeout` ms. */
export const flush = (timeout = 10_000): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      resolve(stats().pending === 0);
    };
    const timer = setTimeout(end, timeout);
    const stop = onSettled(() => {
      if (stats().pending === 0) end();
      else guarded(flushNow)();
    });
    guarded(flushNow)();
    if (stats().pending === 0) end();
  });

/** Stops recording for good, sends what waits and takes back what was changed in the page. */
export const shutdown = (): void => {
  if (state !== "running") return;
  state = "closed";
  guarded(() => flushNow("hidden"))();
  for (const undo of undos) guarded(undo)();
  undos = [];
};

const begin = (options: Options): void => {
  openPage(onWaiting, sealNow);
  undos.push(capture(options.propagate ?? true));
  const failed = (error: unknown): void => {
    counters.errors++;
    shutdown();
    abandon();
    if (options.debug) console.warn("weft: the module could not be loaded, so nothing is recorded:", error);
  };
  whenIdleOrHidden(() => void connect(options).catch(failed));
};

const connect = async (options: Options): Promise<void> => {
  // The default is written out, because bundlers find files by this very expression.
  const url = options.wasmUrl ? new URL(options.wasmUrl, document.baseURI) : new URL("weft.wasm", import.meta.url);
  const module = await load(url, plainFetch);
  openSender(module, options.endpoint, options.key);
  attach(module, { "service.version": options.version, "telemetry.sdk.version": VERSION });
  const unwatch = watchLifecycle();
  if (state === "running") undos.push(unwatch);
  else {
    // Shut down while it was loading: what was recorded before is sent, and nothing more.
    flushNow("hidden");
    unwatch();
  }
};

/** Version of this package; filled in by the build. */
declare const VERSION: string;

// The module must not compete with what the page needs first.
const whenIdleOrHidden = (work: () => void): void => {
  let done = false;
  const once = guarded(() => {
    if (done) return;
    done = true;
    document.removeEventListener("visibilitychange", once);
    clearTimeout(latest);
    work();
  });
  const latest = setTimeout(once, LOAD_AT_LATEST);
  const idle = (): void => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(once);
    else setTimeout(once);
  };
  document.addEventListener("visibilitychange", once);
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle, { once: true });
};
