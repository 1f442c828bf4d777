// Ids in JavaScript are the ones that proto/ publishes: a header sent before the module is ready names the event
// that the module records later.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { buildSync } from "esbuild";

const { outputFiles } = buildSync({ entryPoints: ["js/ids.ts"], bundle: true, format: "esm", write: false });
const { idsOf, unhex } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
const { pages } = JSON.parse(readFileSync("../proto/vectors/ids.json", "utf8"));

for (const { seed, events } of pages) {
  test(`the page with seed ${seed} derives the published ids`, () => {
    const ids = idsOf(unhex(seed));
    assert.ok(events.length > 0);
    for (const { number, trace_id, span_id } of events) {
      assert.equal(ids.trace(Number(number)), trace_id, `trace id of ${number}`);
      assert.equal(ids.span(Number(number)), span_id, `span id of ${number}`);
    }
  });
}
