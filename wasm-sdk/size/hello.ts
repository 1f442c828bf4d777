// The least a page can write: sessions, roots with links, what people do, routes, and requests with propagation.

import { init } from "@weft/browser";

init({ key: "pk_hello", endpoint: "/api/telemetry" });
