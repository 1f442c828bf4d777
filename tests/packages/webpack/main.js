// One line of telemetry, and a button that asks the backend.
import { event, flush, init, stats } from "@weft/browser";

init({ key: "pk_demo_shop", endpoint: "/api/telemetry", wasm: location.hash !== "#javascript" });

document.querySelector("#press").addEventListener("click", async () => {
  const answer = await fetch("/api/hello");
  document.querySelector("#answer").textContent = await answer.text();
});

// For the test, which wants to know when everything has arrived.
Object.assign(window, { weft: { event, flush, stats } });
