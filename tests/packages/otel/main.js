// A page that was written for OpenTelemetry: its own spans, and stock instrumentations, in one trace with weft's events.
// `?all`: every instrumentation there is for pages.
import { ROOT_CONTEXT, SpanStatusCode, context, propagation, trace } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { DocumentLoadInstrumentation } from "@opentelemetry/instrumentation-document-load";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { UserInteractionInstrumentation } from "@opentelemetry/instrumentation-user-interaction";
import { XMLHttpRequestInstrumentation } from "@opentelemetry/instrumentation-xml-http-request";
import { captureClicks } from "@weft/browser/capture";
import { register } from "@weft/browser/otel";
import wasmUrl from "@weft/browser/weft.wasm";
import { event, flush, init, span, stats } from "@weft/browser";

const all = location.search === "?all";
const stock = () => [
  new DocumentLoadInstrumentation(),
  new UserInteractionInstrumentation({ eventNames: ["click"] }),
  new XMLHttpRequestInstrumentation(),
];

// Requests are OpenTelemetry's to capture here.
init({ key: "pk_demo_shop", endpoint: "/api/telemetry", wasmUrl, capture: all ? [] : [captureClicks] });
register();
registerInstrumentations({ instrumentations: [new FetchInstrumentation(), ...(all ? stock() : [])] });

const tracer = trace.getTracer("shop", "1.0.0");
const asked = async (path) => (await fetch(path)).text();

const byXhr = (path) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", path);
    request.overrideMimeType("text/plain");
    request.addEventListener("loadend", () => resolve(request.responseText));
    request.send();
  });

const checkOut = () =>
  tracer.startActiveSpan("checkout", { attributes: { "cart.items": 3 } }, async (checkout) => {
    const answers = [asked("/api/hello"), ...(all ? [byXhr("/api/xhr")] : [])];
    // What weft records in an active span is its child.
    event("cart.checked", { valid: true });
    checkout.addEvent("asked", { by: "fetch" });
    checkout.recordException(new RangeError("out of stock"));
    checkout.setStatus({ code: SpanStatusCode.ERROR, message: "out of stock" });
    const headers = {};
    propagation.inject(trace.setSpan(context.active(), checkout), headers);
    window.injected = headers.traceparent;
    const said = await Promise.all(answers);
    checkout.end();
    return said.join();
  });

document.querySelector("#press").addEventListener("click", async () => {
  // A span of weft's is active, too.
  const answer = await (all ? checkOut() : span("pressed", checkOut));
  document.querySelector("#answer").textContent = answer;
});

// For the test, which wants to know when everything has arrived.
const joined = (traceparent) => propagation.extract(ROOT_CONTEXT, { traceparent });
Object.assign(window, { weft: { event, flush, stats }, tracer, joined });
