// A page that wants everything: all that is captured, and every function.

import * as weft from "@weft/browser/full";

weft.init({ key: "pk_full", endpoint: "/api/telemetry" });

// What an app calls is not dropped by its bundler.
(window as unknown as { weft: unknown }).weft = weft;
