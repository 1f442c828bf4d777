// A page that wants everything: all that is captured, and every function.

import {
  captureError,
  consent,
  debug,
  event,
  flush,
  identify,
  init,
  link,
  longSpan,
  setAttributes,
  shutdown,
  span,
  stats,
} from "@weft/browser/full";

init({ key: "pk_full", endpoint: "/api/telemetry" });

// What an app calls is not dropped by its bundler.
const called = { captureError, consent, debug, event, flush, identify, link };
Object.assign(window, called, { longSpan, setAttributes, shutdown, span, stats });
