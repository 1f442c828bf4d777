// One line of telemetry, and a button that asks the backend.
import wasmUrl from "@weft/browser/weft.wasm";
import { event, flush, init, stats } from "@weft/browser";

// esbuild does not look into `new URL(…, import.meta.url)`, so it is told of the module here.
init({ key: "pk_demo_shop", endpoint: "/api/telemetry", wasmUrl, wasm: location.hash !== "#javascript" });

document.querySelector("#press").addEventListener("click", async () => {
  const answer = await fetch("/api/hello");
  document.querySelector("#answer").textContent = await answer.text();
});

// For the test, which wants to know when everything has arrived.
Object.assign(window, { weft: { event, flush, stats } });
