// The stub: what may stand inline in the head of a page, so that nothing is missed before the SDK is there. It draws
// the seed, gives requests their headers, and writes down requests, errors and clicks as the plain calls that the
// module takes later; on `pagehide` before that they are posted as they are. It has a size budget: what can wait waits.
//
//     <script>/* this file */ weft({ key: "pk_…", endpoint: "/api/telemetry", src: "/w/…/full.js" })</script>

import type { Early, EarlyCall, EarlyOptions } from "./early";
import { hex, idsOf } from "./ids";
import type { Session } from "./session";

type Says = Record<string, unknown>;

const w = window as unknown as Window & typeof globalThis & { weft: unknown; __weft?: Early };
const d = document;
const random = (bytes: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(bytes));

const begin = (options: EarlyOptions): void => {
  const granted = (options.consent ?? "granted") === "granted";
  const seed = random(16);
  const ids = idsOf(seed);
  const calls: EarlyCall[] = [];
  const { fetch } = w;
  let over = false;
  const early: Early = {
    options,
    seed,
    fetch,
    next: 1,
    calls,
    asked: [],
    tell: (call) => void (calls.length < 4e3 && calls.push(call)),
    stop: () => {},
  };
  w.__weft = early;

  // The session of this origin, if it is still going on; session.ts has the whole rule.
  const name = "weft.session." + options.key;
  const stores = granted && options.storage !== "memory";
  const wall = Date.now();
  let known: Session | undefined;
  try {
    known = stores ? JSON.parse(localStorage.getItem(name) as string) : undefined;
  } catch {}
  const goesOn = known && Math.abs(wall - known.last) < 18e5 && wall - known.start < 144e5;
  const session = (early.session = goesOn
    ? known!
    : ({
        id: hex(random(16)),
        randomness: hex(random(7)),
        previous: known?.id,
        previousRoot: known?.root,
        start: wall,
        last: wall,
      } as Session));
  try {
    if (stores) localStorage.setItem(name, JSON.stringify(session));
  } catch {}
  early.tell([
    "session",
    {
      id: session.id,
      previous: session.previous,
      randomness: session.randomness,
      root: session.root ? undefined : session.previousRoot,
    },
  ]);

  const start = (
    role: number,
    at = performance.now(),
    number = early.next++,
  ): ((name: string, attributes: Says, error?: unknown, kind?: number) => void) & { n: number } => {
    early.tell([
      "begin",
      {
        number,
        start: performance.timeOrigin + at,
        epoch: 0,
        role,
        cause: -1,
        inferred: false,
        parent: -1,
        root: number,
      },
    ]);
    const end = (name: string, attributes: Says, error?: unknown, kind?: number): void =>
      early.tell([
        "finish",
        {
          number,
          duration: kind ? performance.now() - at : 0,
          kind: kind ?? 1,
          status: error ? 2 : 0,
          demoted: false,
          name,
          attributes,
        },
      ]);
    return Object.assign(end, { n: number });
  };
  const load = start(1, 0, 0);

  // As the page made it where it cannot be read: it fails as it would have.
  const joined = (request: Request): ReturnType<typeof start> | undefined => {
    if (!/^http/.test(request.url)) return undefined;
    const end = start(0);
    const { headers } = request;
    if (
      granted &&
      options.propagate !== false &&
      new URL(request.url).origin === location.origin &&
      !headers.has("traceparent")
    ) {
      headers.set("traceparent", `00-${ids.trace(end.n)}-${ids.span(end.n)}-03`);
      headers.set("tracestate", "ot=rv:" + session.randomness);
      headers.append("baggage", "session.id=" + session.id);
    }
    return end;
  };
  const wrapped = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    if (over) return fetch(input, init);
    const request = new Request(input, init);
    const again = /GET|HEAD/.test(request.method) && new Request(request);
    const end = joined(request);
    const ended = (code?: number, error?: unknown): void =>
      end?.(
        request.method,
        {
          "http.request.method": request.method,
          "url.full": request.url,
          "http.response.status_code": code,
          "error.type": error ? String(error) : undefined,
        },
        error,
        3,
      );
    try {
      // A request that our headers keep from being redirected to another origin is made again without them.
      const response = await fetch(request).catch((error) => {
        if (!again) throw error;
        return fetch(again);
      });
      ended(response.status, response.status > 399 && response.status);
      return response;
    } catch (error) {
      ended(undefined, (error as Error).name);
      throw error;
    }
  };
  w.fetch = wrapped;

  const heard = (event: Event): void => {
    const { type, timeStamp, target } = event;
    if (type === "pagehide") {
      if (!granted) return;
      load("browser.navigation_timing", { "url.full": location.href, "weft.state": "interrupted" }, 0, 1);
      void fetch(options.endpoint + "?key=" + options.key, {
        method: "POST",
        body: JSON.stringify({ weft: 0, seed: hex(seed), number: 0, sent: Date.now(), epoch: 0, calls }),
        headers: { "content-type": "text/plain" },
        keepalive: true,
        credentials: "omit",
        referrerPolicy: "no-referrer",
        redirect: "error",
      }).catch(() => {});
    } else if (type === "click") {
      const element = (target as Element).closest("[data-weft],a,button");
      if (event.isTrusted)
        start(4, timeStamp)("browser.user_action.click", {
          "app.widget.id": element?.getAttribute("data-weft") ?? undefined,
          "browser.tag_name": element?.tagName,
          "url.full": location.href,
        });
    } else if (target === w) {
      const { error, reason, message } = event as ErrorEvent & PromiseRejectionEvent;
      const thrown = error ?? reason ?? { name: "Error", message };
      start(0, timeStamp)(
        "exception",
        {
          "exception.type": thrown.name ?? typeof thrown,
          "exception.message": String(thrown.message ?? thrown),
          "exception.stacktrace": thrown.stack && String(thrown.stack).slice(0, 4e3),
          "exception.escaped": true,
        },
        1,
      );
    }
  };
  const types = ["click", "error", "unhandledrejection", "pagehide"];
  for (const type of types) addEventListener(type, heard, true);
  early.stop = () => {
    over = true;
    for (const type of types) removeEventListener(type, heard, true);
    if (w.fetch === wrapped) w.fetch = fetch;
  };

  const ask =
    (name: string) =>
    (...args: unknown[]) =>
      void early.asked.push([name, args]);
  const api: Says = { event: (name: string, attributes?: Says) => start(0)(name, attributes ?? {}) };
  for (const name of ["captureError", "setAttributes", "identify", "consent", "flush", "link", "shutdown"])
    api[name] = ask(name);
  w.weft = api;

  let loading = false;
  const fetchIt = (): void => {
    if (loading || (d as Document & { prerendering?: boolean }).prerendering) return;
    loading = true;
    const script = d.createElement("script");
    script.type = "module";
    script.src = options.src;
    d.head.append(script);
  };
  addEventListener("load", () => (w.requestIdleCallback ?? setTimeout)(fetchIt));
  d.addEventListener("visibilitychange", fetchIt);
  d.addEventListener("prerenderingchange", fetchIt);
  setTimeout(fetchIt, 5e3);
};

w.weft = begin;
