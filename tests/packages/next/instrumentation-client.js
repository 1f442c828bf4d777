// What Next runs in the browser before the app: one line of telemetry.
import { flush, init, stats } from "@weft/browser/full";

init({ key: "pk_demo_shop", endpoint: "/api/telemetry", wasm: location.hash !== "#javascript" });
// For the test, which wants to know when everything has arrived.
window.weft = { flush, stats };
