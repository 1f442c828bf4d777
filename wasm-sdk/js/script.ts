// @weft/browser/script.js: for a plain script tag, without modules. Everything that can be captured, as `weft`.
//
//     <script src="/w/…/script.js"></script>
//     <script>weft.init({ key: "pk_…", endpoint: "/api/telemetry" })</script>

import * as full from "./full";

// Where a stub stood, `weft` is there already, and has begun.
if (typeof window !== "undefined" && !("stats" in ((window as { weft?: object }).weft ?? {})))
  Object.assign(window, { weft: full });
