// weft as a user loads it: one import from a folder with the files of wasm-sdk/dist, and one line.
import { event, flush, init, stats } from "/weft/full.js";

init({ key: "pk_bench", endpoint: "/api/telemetry" });

window.subject = {
  record: (index) => event("app.item.shown", window.attributesOf(index)),
  flush: async () => {
    if (!(await flush(60_000))) throw new Error(`weft could not send: ${JSON.stringify(stats())}`);
  },
  /** Batches of pages that are gone. */
  replayed: () => stats().replayed,
  acknowledged: () => stats().acknowledged,
};
