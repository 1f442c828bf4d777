// Requests as apps make them: an expression whose value makes each in its turn and tells what came back.
async (origin) => {
  const elsewhere = origin !== location.origin;
  const text = (value) => new TextEncoder().encode(value);
  const streamed = () => new ReadableStream({ start: (to) => (to.enqueue(text("streamed")), to.close()) });
  class Options {
    get method() { return "PUT"; }
    get headers() { return { "x-app": "inherited" }; }
    get body() { return "inherited"; }
  }
  const frame = document.body.appendChild(document.createElement("iframe"));

  // What a page may ask any origin for without a preflight.
  const simple = {
    "a text": (to) => fetch(to),
    "a URL": (to) => fetch(new URL(to)),
    "an object that says a URL": (to) => fetch({ toString: () => to }),
    "nothing as options": (to) => fetch(to, null),
    "a Request": (to) => fetch(new Request(to)),
    "a Request with a body": (to) => fetch(new Request(to, { method: "POST", body: "of a Request" })),
    "a Request made in a frame": (to) => fetch(new frame.contentWindow.Request(to)),
    "a Request as options": (to) => fetch(to, new Request("/nowhere", { method: "POST" })),
    "a Request and options": (to) => fetch(new Request(to, { method: "POST", body: "one" }), { body: "another" }),
    "a Request that is read": async (to) => {
      const request = new Request(to, { method: "POST", body: "read" });
      await request.text();
      return fetch(request);
    },
    "a body of parameters": (to) => fetch(to, { method: "POST", body: new URLSearchParams({ a: "1 2", b: "ü" }) }),
    "a body of bytes": (to) => fetch(to, { method: "POST", body: text("bytes") }),
    "a form": (to) => {
      const form = new FormData();
      form.append("a", new Blob(["a file"]), "a.txt");
      return fetch(to, { method: "POST", body: form });
    },
    "no referrer": (to) => fetch(to, { referrerPolicy: "no-referrer" }),
    "another referrer": (to) => fetch(to, { referrer: "/page/another", referrerPolicy: "unsafe-url" }),
    "past the cache": (to) => fetch(to, { cache: "no-store", credentials: "omit", priority: "high" }),
    "one that outlives the page": (to) => fetch(to, { method: "POST", body: "last", keepalive: true }),
    "one that is opaque": (to) => fetch(to, { mode: "no-cors" }),
    "aborted before": (to) => fetch(to, { signal: AbortSignal.abort() }),
    "aborted before, with a reason": (to) => fetch(to, { signal: AbortSignal.abort(new RangeError("enough")) }),
    "aborted before, in a Request": (to) => fetch(new Request(to, { signal: AbortSignal.abort() })),
    "with credentials in the URL": (to) => fetch(to.replace("://", "://me:secret@")),
    "no URL": () => fetch("http://["),
    "a body where there is none": (to) => fetch(to, { body: "no" }),
    "no method": (to) => fetch(to, { method: "no method" }),
    "options that throw": (to) => fetch(to, { get method() { throw new RangeError("mine"); } }),
  };

  // What a page may ask its own origin for.
  const any = {
    "a Request with a method, headers and a body": (to) =>
      fetch(new Request(to, { method: "PUT", headers: { "x-app": "1", "content-type": "a/b" }, body: "of a Request" })),
    "a Request with headers, and options with others": (to) =>
      fetch(new Request(to, { headers: { "x-app": "1" } }), { headers: { "x-other": "2" } }),
    "a Request with headers as options": (to) =>
      fetch(to, new Request("/nowhere", { method: "PATCH", headers: { "x-app": "1" } })),
    "a Request with a body as options": (to) =>
      fetch(to, new Request("/nowhere", { method: "POST", headers: { "x-app": "1" }, body: "of options" })),
    "options with inherited getters": (to) => fetch(to, new Options()),
    "headers that can be read once": (to) =>
      fetch(to, { headers: [["x-app", "1"], ["x-app", "2"], ["x-other", "3"]].values() }),
    "headers that are made while they are read": (to) =>
      fetch(to, { headers: (function* () { yield ["x-app", "1"]; yield ["x-other", "2"]; })() }),
    "a Headers": (to) => fetch(to, { headers: new Headers([["X-App", "1"], ["x-app", "2"]]) }),
    "a streaming body": (to) => fetch(to, { method: "POST", body: streamed(), duplex: "half" }),
    "a streaming body in a Request": (to) =>
      fetch(new Request(to, { method: "POST", body: streamed(), duplex: "half" })),
    "a streaming body, half said": (to) => fetch(to, { method: "POST", body: streamed() }),
    "a method of its own": (to) => fetch(to, { method: "report", body: "own" }),
    "the same origin only": (to) => fetch(to, { mode: "same-origin", credentials: "same-origin" }),
    "aborted while its answer is read": async (to) => {
      const controller = new AbortController();
      const answer = await fetch(to.replace("/echo/", "/endless/"), { signal: controller.signal });
      controller.abort(new RangeError("enough"));
      return answer;
    },
    "a redirect that is an error": () => fetch("/out/error", { method: "POST", redirect: "error" }),
    "a redirect that is not followed": () => fetch("/out/manual", { redirect: "manual" }),
    "a trace of the app's own": (to) =>
      fetch(to, {
        headers: {
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          tracestate: "app=1",
          baggage: "app.tier=gold",
        },
      }),
  };

  const told = [];
  for (const [name, make] of Object.entries(elsewhere ? simple : { ...simple, ...any })) {
    const to = `${origin}/echo/${encodeURIComponent(name)}`;
    let outcome;
    try {
      const answer = await make(to);
      outcome = [answer.status, answer.type, answer.url, answer.redirected, await answer.text()].join(" ");
    } catch (error) {
      outcome = `${error.name}: ${error.message}`;
    }
    told.push(`${name}: ${outcome}`);
  }
  frame.remove();
  return told;
}
