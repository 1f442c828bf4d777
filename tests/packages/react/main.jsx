// An app of React, in the browser: StrictMode, routes, and all that the package knows of.
import { flush, init, stats } from "@weft/browser/full";
import { onCaughtError, onRecoverableError, onUncaughtError } from "@weft/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./app.jsx";

init({ key: "pk_demo_shop", endpoint: "/api/telemetry", wasm: location.hash !== "#javascript" });
// For the test, which wants to know when everything has arrived.
Object.assign(window, { weft: { flush, stats } });

const { BASE_URL: base } = import.meta.env;
createRoot(document.querySelector("#app"), { onCaughtError, onRecoverableError, onUncaughtError }).render(
  <StrictMode>
    <BrowserRouter basename={base}>
      <App />
    </BrowserRouter>
  </StrictMode>,
);
