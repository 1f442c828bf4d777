// OpenTelemetry's API with weft registered, and in the place of the page's recorder one that writes down what it is told.
// The API is global to a process, so what is bundled here is bundled with it, once per test file.
import { resolve } from "node:path";
import { build } from "esbuild";

const entry = `
  export * as otel from "./js/otel";
  export * as api from "@opentelemetry/api";
  export { W3CTraceContextPropagator, suppressTracing } from "@opentelemetry/core";
  export { idsOf } from "./js/ids";
  export { now } from "./js/clock";
`;

const inItsPlace = {
  name: "in the place of what begins to record in a page",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.\/(begin|index)$/ }, () => ({ path: resolve("tests/otel/begin.mjs") })),
};

const { outputFiles } = await build({
  stdin: { contents: entry, resolveDir: process.cwd() },
  bundle: true,
  format: "esm",
  write: false,
  plugins: [inItsPlace],
});
globalThis.document = { baseURI: "https://shop.example/cart" };
export const { otel, api, W3CTraceContextPropagator, suppressTracing, idsOf, now } = await import(
  `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
);

/** A page that records from now on; `kept`: by its `sampleRate`. */
export const page = ({ kept = true } = {}) => {
  const ids = idsOf(Uint8Array.from({ length: 16 }, (_, at) => at));
  const told = { finished: [], kept: [], links: [] };
  let next = 1;
  const handle = {
    options: { endpoint: "/api/telemetry" },
    running: [],
    beforeSeal: [],
    counters: { attributesLeftOut: 0, linksLeftOut: 0, errors: 0 },
    records: () => true,
    // As record.ts does: what has ended takes no more children, and is what made them happen.
    start(role, { moment = now(), parent, cause } = {}) {
      const above = parent && !parent.ended ? parent : undefined;
      const why = parent && !above ? { number: parent.number, inferred: false } : cause;
      const started = { number: next++, moment, parent: above, ended: false, shared: {}, role, cause: why };
      started.root = above?.root ?? started;
      return started;
    },
    finish(started, name, attributes = {}, duration = 0, kind = 1, status = 0) {
      if (started.ended) return;
      started.ended = true;
      const said = JSON.parse(JSON.stringify(attributes));
      told.finished.push({ started, name, attributes: said, duration, kind, status });
    },
    keep: ({ number }, name, attributes, kind) => void told.kept.push({ number, name, attributes, kind }),
    link: ({ number }, kinds, to, name) => void told.links.push({ number, kinds, to, name }),
    ids: ({ number, root }) => (kept ? ids.trace(root.number) + ids.span(number) : ""),
  };
  globalThis.weftHandle = handle;
  return { handle, told, ids, last: () => told.finished.at(-1) };
};

/** As `weft.span` does. */
export const inWeftSpan = ({ handle }, work) => {
  const started = handle.start(0, { parent: handle.running.at(-1) });
  handle.running.push(started);
  try {
    return work(started);
  } finally {
    handle.running.pop();
  }
};

export const tracer = () => api.trace.getTracer("test", "1.2.3");
