// Makes what the server streamed alive.
import { flush, init, stats } from "@weft/browser/full";
import { onCaughtError, onRecoverableError, onUncaughtError } from "@weft/react";
import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { Streamed } from "./streamed.jsx";

init({ key: "pk_demo_shop", endpoint: "/api/telemetry" });
Object.assign(window, { weft: { flush, stats } });

const differs = location.search === "?differs";
hydrateRoot(
  document,
  <StrictMode>
    <Streamed differs={differs} read={() => "from the server"} />
  </StrictMode>,
  { onCaughtError, onRecoverableError, onUncaughtError },
);
window.hydrated = true;
