// Lanes in words: what is known of tabs, and no more.
import assert from "node:assert/strict";
import { build } from "esbuild";
import { test } from "node:test";

const bundle = await build({
  stdin: {
    contents: 'export * from "./src/timeline/lanes.ts";',
    resolveDir: new URL("..", import.meta.url).pathname,
  },
  bundle: true,
  format: "esm",
  write: false,
});
const { lanesOf } = await import(
  `data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].text).toString("base64")}`
);

const page = (id, more = [], opened_by = null) => ({ kind: "page", id, pages: [id, ...more], opened_by });

test("a lane of several pages is a tab, one of a single page is a page, and who opened it is said", () => {
  const lanes = [
    page("aaaaaaaaaaaa", ["bbbbbbbbbbbb"]),
    page("cccccccccccc", [], 0),
    { kind: "service", id: "shop-api", pages: [], opened_by: null },
  ];
  const events = [
    { lane: 2, kind: "server", label: "GET /" },
    { lane: 0, kind: "load", label: "/cart" },
    { lane: 0, kind: "view", label: "/product" },
  ];
  assert.deepEqual(lanesOf({ lanes, events }), [
    "tab with 2 pages, first /cart (aaaaaaaa)",
    "page cccccccc, opened from lane 1",
    "service shop-api",
  ]);
});
