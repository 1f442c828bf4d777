// The stub: what may stand inline in the head of a page, so that nothing is missed before the SDK is there. It draws
// the seed, gives requests their headers, and writes down requests, errors and clicks as the plain calls that the
// module takes later; on `pagehide` before that they are posted as they are. It has a size budget: what can wait waits.
//
//     <script>/* this file */ weft({ key: "pk_…", endpoint: "/api/telemetry", src: "/w/…/full.js" })</script>

import type { Early, EarlyCall, EarlyOptions } from "./early";
import { hex, idsOf } from "./ids";
import { decisionOf } from "./sampling";
import type { Session } from "./session";

type Says = Record<string, unknown>;
type End = (name: string, attributes: Says, error?: unknown, kind?: number) => void;

const w = window as unknown as Window & typeof globalThis & { weft: unknown; __weft?: Early };
const d = document as Document & { prerendering?: boolean };
const random = (bytes: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(bytes));

// The session of this origin, if it is still going on; session.ts has the whole rule.
const sessionOf = (name: string, stores: boolean, rate = 1): Session => {
  const last = Date.now();
  let known: Session | undefined;
  try {
    known = JSON.parse((stores && localStorage[name]) as string) as Session | undefined;
  } catch {}
  const { id: previous, root: previousRoot } = known || ({} as Session);
  const fresh = { id: hex(random(16)), randomness: hex(random(7)), rate, previous, previousRoot, start: last, last };
  const session = known && Math.abs(last - known.last) < 18e5 && last - known.start < 144e5 ? known : fresh;
  try {
    if (stores) localStorage[name] = JSON.stringify(session);
  } catch {}
  return session as Session;
};

const begin = (options: EarlyOptions): void => {
  const { key, endpoint, src, consent = "granted", propagate, storage, sampleRate, token } = options;
  const granted = consent === "granted";
  const seed = random(16);
  const ids = idsOf(seed);
  const calls: EarlyCall[] = [];
  const { fetch } = w;
  const session = sessionOf("weft.session." + key, granted && storage !== "memory", sampleRate);
  const { id, previous, previousRoot, randomness, root } = session;
  const [kept, state] = decisionOf(session);
  let over = false;
  const early: Early = {
    options,
    seed,
    fetch,
    session,
    next: 1,
    calls,
    asked: [],
    tell: (call) => void (calls.length < 4e3 && calls.push(call)),
    stop: () => {
      over = true;
      for (const type of types) removeEventListener(type, heard, true);
      if (w.fetch === wrapped) w.fetch = fetch;
    },
  };
  w.__weft = early;
  early.tell(["session", { id, previous, randomness, root: root ? undefined : previousRoot }]);

  /** An event starts. Returns what ends it, after so many ms if it is a request. */
  const start = (role: number, at = performance.now(), number = early.next++): End => {
    const wall = performance.timeOrigin + at;
    const begun = { number, start: wall, epoch: 0, role, cause: -1, inferred: false, parent: -1, root: number };
    early.tell(["begin", begun]);
    return (name, attributes, error, kind = 1) => {
      const duration = kind > 1 || !number ? performance.now() - at : 0;
      const status = error ? 2 : 0;
      early.tell(["finish", { number, duration, kind, status, demoted: false, name, attributes }]);
    };
  };
  const load = start(1, 0, 0);

  const join = ({ headers, url }: Request): void => {
    if (!granted || propagate === false || new URL(url).origin !== location.origin || headers.has("traceparent"))
      return;
    const number = early.next;
    headers.set("traceparent", `00-${ids.trace(number)}-${ids.span(number)}-0${kept ? 3 : 2}`);
    headers.set("tracestate", state);
    headers.append("baggage", "session.id=" + id);
  };
  const wrapped = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    if (over) return fetch(input, init);
    const request = new Request(input, init);
    const { method, url } = request;
    // As the page made it, where it cannot be read, it fails as it would have.
    if (!/^http/.test(url)) return fetch(request);
    const again = /GET|HEAD/.test(method) && new Request(request);
    join(request);
    const end = start(0);
    const said: Says = { "http.request.method": method, "url.full": url };
    try {
      // A request that our headers keep from being redirected to another origin is made again without them.
      const response = await fetch(request).catch((error) => {
        if (again) return fetch(again);
        throw error;
      });
      const code = (said["http.response.status_code"] = response.status);
      if (code > 399) said["error.type"] = "" + code;
      return response;
    } catch (error) {
      said["error.type"] = (error as Error).name;
      throw error;
    } finally {
      end(method, said, said["error.type"], 3);
    }
  };
  w.fetch = wrapped;

  const heard = (event: Event): void => {
    const { type, timeStamp, target, isTrusted } = event;
    const page = { "url.full": location.href };
    if (type === "pagehide") {
      if (!granted || !kept) return;
      load("browser.navigation_timing", { ...page, "weft.state": "interrupted" });
      // Without a token at once; with one before the page is gone, if the app need not wait for it.
      (async () =>
        fetch(endpoint + "?key=" + key + (token ? "&token=" + encodeURIComponent(await token()) : ""), {
          method: "POST",
          body: JSON.stringify({ weft: 0, seed: hex(seed), number: 0, sent: Date.now(), epoch: 0, calls }),
          headers: { "content-type": "text/plain" },
          keepalive: true,
          credentials: "omit",
          referrerPolicy: "no-referrer",
          redirect: "error",
        }))().catch(() => {});
    } else if (type === "click") {
      const element = (target as Element).closest("[data-weft],a,button");
      if (isTrusted)
        start(4, timeStamp)("browser.user_action.click", {
          "app.widget.id": element?.getAttribute("data-weft") ?? undefined,
          "browser.tag_name": element?.tagName,
          ...page,
        });
    } else if (target === w) {
      const { error, reason, message } = event as ErrorEvent & PromiseRejectionEvent;
      const thrown = error ?? reason ?? { name: "Error", message };
      const said = {
        "exception.type": thrown.name ?? typeof thrown,
        "exception.message": "" + (thrown.message ?? thrown),
        "exception.stacktrace": thrown.stack && ("" + thrown.stack).slice(0, 4e3),
        "exception.escaped": true,
      };
      start(0, timeStamp)("exception", said, 1);
    }
  };
  const types = ["click", "error", "unhandledrejection", "pagehide"];
  for (const type of types) addEventListener(type, heard, true);

  const api: Says = { event: (name: string, attributes: Says = {}) => start(0)(name, attributes) };
  for (const name of ["captureError", "setAttributes", "identify", "consent", "flush", "link", "shutdown"])
    api[name] = (...args: unknown[]) => void early.asked.push([name, args]);
  w.weft = api;

  let loading = false;
  const fetchIt = (): void => {
    if (loading || d.prerendering) return;
    loading = true;
    const script = d.createElement("script");
    script.type = "module";
    script.src = src;
    d.head.append(script);
  };
  addEventListener("load", () => (w.requestIdleCallback ?? setTimeout)(fetchIt));
  d.addEventListener("visibilitychange", fetchIt);
  d.addEventListener("prerenderingchange", fetchIt);
  setTimeout(fetchIt, 5e3);
};

w.weft = begin;
