// The stub: what may stand inline in the head of a page, so that nothing is missed before the SDK is there. It draws
// the seed, gives requests their headers, and writes down requests, errors and clicks as the same plain calls that the
// module takes later; on `pagehide` before that they are posted as they are.
//
//     <script>/* this file */ weft({ key: "pk_…", endpoint: "/api/telemetry", src: "/w/…/full.js" })</script>

import { hex, idsOf } from "./ids";

type Call = [string, Record<string, unknown> | number];

/** What the stub leaves for the SDK. */
export interface Early {
  seed: Uint8Array<ArrayBuffer>;
  /** Number of the next event; 0 is the page load. */
  next: number;
  calls: Call[];
  /** Calls that come later go here, once somebody listens. */
  tell(call: Call): void;
  /** The SDK is there: the stub captures no more. */
  stop(): void;
  /** Calls of the app, by name. */
  asked: [string, unknown[]][];
}

interface Options {
  key: string;
  endpoint: string;
  src: string;
  consent?: string;
  storage?: string;
  propagate?: unknown;
}

const page = window as unknown as Record<string, unknown> & Window & typeof globalThis;

const weft = (options: Options): void => {
  const [doc, clock] = [document, performance];
  const granted = !options.consent || options.consent === "granted";
  const seed = crypto.getRandomValues(new Uint8Array(16));
  const ids = idsOf(seed);
  const random = (bytes: number): string => hex(crypto.getRandomValues(new Uint8Array(bytes)));
  const early: Early = {
    seed,
    next: 1,
    calls: [],
    tell: (call) => void (early.calls.length < 4_000 && early.calls.push(call)),
    stop: () => {
      over = true;
      if (page.fetch === wrapped) page.fetch = fetch;
      removeEventListener("error", failed, true);
      removeEventListener("click", clicked, true);
      removeEventListener("pagehide", post);
    },
    asked: [],
  };
  let over = false;

  // The session of this origin, if it is still going on (session.ts has the whole rule).
  const name = `weft.session.${options.key}`;
  const stores = granted && options.storage !== "memory";
  let session: Record<string, unknown> & { last: number; start: number; id: string; randomness: string; root?: string } | undefined;
  const wall = Date.now();
  try {
    if (stores) session = JSON.parse(localStorage.getItem(name) ?? "null") ?? undefined;
  } catch {}
  if (!session || Math.abs(wall - session.last) > 18e5 || wall - session.start > 144e5) {
    session = { id: random(16), randomness: random(7), previous: session?.id, previousRoot: session?.root, start: wall, last: wall };
    try {
      if (stores) localStorage.setItem(name, JSON.stringify(session));
    } catch {}
  }
  const { id, randomness, previous, previousRoot, root } = session;
  early.tell(["session", { id, previous, randomness, root: root ? undefined : previousRoot }]);

  const begin = (number: number, role: number, monotonic: number): number => {
    const start = clock.timeOrigin + monotonic;
    early.tell(["begin", { number, start, epoch: 0, role, cause: -1, inferred: false, parent: -1, root: number }]);
    return number;
  };
  const finish = (number: number, duration: number, name: string, attributes: object, kind = 1, status = 0): void =>
    early.tell(["finish", { number, duration, kind, status, demoted: false, name, attributes }]);
  begin(0, 1, 0);

  const { fetch } = page;
  const wrapped = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    let request: Request;
    try {
      request = new Request(input, init);
    } catch {
      return fetch(input, init);
    }
    if (over || !request.url.startsWith("http")) return fetch(request);
    const [number, from] = [begin(early.next++, 0, clock.now()), clock.now()];
    const { headers, method, url } = request;
    if (granted && options.propagate !== false && url.startsWith(location.origin + "/") && !headers.has("traceparent")) {
      headers.set("traceparent", `00-${ids.trace(number)}-${ids.span(number)}-03`);
      headers.set("tracestate", `ot=rv:${randomness}`);
      headers.append("baggage", `session.id=${id}`);
    }
    const end = (code?: number, error?: string): void =>
      finish(
        number,
        clock.now() - from,
        method,
        { "http.request.method": method, "url.full": url, "http.response.status_code": code, "error.type": error ?? (code && code > 399 ? String(code) : undefined) },
        3,
        error || (code && code > 399) ? 2 : 0,
      );
    return fetch(request).then(
      (response) => (end(response.status), response),
      (error: Error) => {
        end(undefined, error.name);
        throw error;
      },
    );
  };
  page.fetch = wrapped;

  const failed = (event: ErrorEvent | PromiseRejectionEvent): void => {
    const thrown = "error" in event ? event.error : (event as PromiseRejectionEvent).reason;
    if (event.type === "error" && !("message" in event)) return;
    const { name, message, stack } = thrown ?? (event as ErrorEvent);
    finish(begin(early.next++, 0, event.timeStamp), 0, "exception", {
      "exception.type": name ?? "Error",
      "exception.message": String(message ?? thrown),
      "exception.stacktrace": stack && String(stack).slice(0, 4e3),
      "exception.escaped": true,
    }, 1, 2);
  };
  const clicked = (event: Event): void => {
    const element = (event.target as Element).closest?.("[data-weft],[data-testid],a,button,input,select");
    const name = element?.getAttribute("data-weft") ?? element?.getAttribute("data-testid") ?? undefined;
    if (event.isTrusted) finish(begin(early.next++, 4, event.timeStamp), 0, "browser.user_action.click", { "app.widget.id": name, "browser.tag_name": element?.tagName, "url.full": location.href });
  };
  const post = (): void => {
    if (!granted) return;
    finish(0, clock.now(), "browser.navigation_timing", { "url.full": location.href, "weft.state": "interrupted" });
    const body = JSON.stringify({ weft: 0, seed: hex(seed), number: 0, sent: Date.now(), epoch: 0, calls: early.calls });
    void fetch(`${options.endpoint}?key=${options.key}`, {
      method: "POST", body, keepalive: true, credentials: "omit", referrerPolicy: "no-referrer", redirect: "error", headers: { "content-type": "text/plain" },
    }).catch(() => {});
  };
  addEventListener("error", failed as EventListener, true);
  addEventListener("unhandledrejection", failed);
  addEventListener("click", clicked, true);
  addEventListener("pagehide", post);

  let loading = false;
  const load = (): void => {
    if (loading || !granted) return;
    loading = true;
    const script = doc.createElement("script");
    script.type = "module";
    script.textContent = `import * as w from ${JSON.stringify(new URL(options.src, doc.baseURI).href)};w.takeOver(${JSON.stringify(options)})`;
    doc.head.append(script);
  };
  void load;
  page.__weft = early;
};

page.weft = weft;
