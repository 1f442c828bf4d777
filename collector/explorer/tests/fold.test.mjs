// The folded axis: order is kept, and no gap makes a desert.
import assert from "node:assert/strict";
import { build } from "esbuild";
import { test } from "node:test";

const bundle = await build({
  stdin: {
    contents: 'export * from "./src/timeline/fold.ts"; export * from "./src/words.ts";',
    resolveDir: new URL("..", import.meta.url).pathname,
  },
  bundle: true,
  format: "esm",
  write: false,
});
const { fold, place, lasting, bytes, counted } = await import(
  `data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].text).toString("base64")}`
);

const WEEKS = 21 * 86_400_000;

test("three weeks of nothing take as much room as their label", () => {
  const axis = fold(
    [
      [0, 400],
      [WEEKS, WEEKS + 48],
    ],
    800,
    1,
  );
  assert.deepEqual(
    axis.pieces.map(({ isFold }) => isFold),
    [false, true, false],
  );
  assert.ok(axis.width < 900, `${axis.width}`);
  assert.ok(place(axis, WEEKS) - place(axis, 400) < 200);
});

test("what comes later is never left of what came before, whatever the zoom", () => {
  const starts = [0, 1, 1, 50, 29_000, 80_000, 80_001, WEEKS, WEEKS + 5, 2 * WEEKS];
  for (const zoom of [0.01, 1, 1_000]) {
    const axis = fold(
      starts.map((start) => [start, start]),
      320,
      zoom,
    );
    const places = starts.map((start) => place(axis, start));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    assert.ok(places.every((at) => at >= 0 && at <= axis.width));
  }
});

test("what lasts through a gap is no gap", () => {
  const axis = fold(
    [
      [0, 100_000],
      [10, 10],
      [99_000, 99_000],
    ],
    800,
    1,
  );
  assert.equal(axis.pieces.length, 1);
});

test("nothing at all has an axis", () => {
  assert.equal(place(fold([], 800, 1), 5), 24);
});

test("what is nearly three weeks is three weeks", () => {
  assert.deepEqual([WEEKS - 10, 3_599_990, 86_399_000].map(lasting), ["3 weeks", "1 hour", "1 day"]);
});

test("numbers have their units", () => {
  assert.deepEqual([0.4, 48, 1_500, 90_000, 3_600_000, WEEKS, WEEKS + 2 * 86_400_000].map(lasting), [
    "0.4 ms",
    "48 ms",
    "1.5 s",
    "1 minute 30 seconds",
    "1 hour",
    "3 weeks",
    "3 weeks 2 days",
  ]);
  assert.deepEqual([0, 999, 1_000, 123_456].map(bytes), ["0 B", "999 B", "1.0 kB", "123 kB"]);
  assert.deepEqual([counted(1, "event"), counted(2_000, "event")], ["1 event", "2,000 events"]);
});
