// A page as OpenTelemetry's documentation has it, with sessions and nothing of ours: its roots have `session.id`, which
// tests/connections.rs sees linked.
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { DocumentLoadInstrumentation } from "@opentelemetry/instrumentation-document-load";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, WebTracerProvider } from "@opentelemetry/sdk-trace-web";

const session = (sessionStorage.session ??= crypto.randomUUID());
const sessions = {
  onStart: (span) => span.setAttribute("session.id", session),
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

const url = `${location.origin}/v1/traces`;
const provider = new WebTracerProvider({
  resource: resourceFromAttributes({ "service.name": "old-web" }),
  spanProcessors: [sessions, new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
});
provider.register();
registerInstrumentations({
  instrumentations: [new DocumentLoadInstrumentation(), new FetchInstrumentation({ ignoreUrls: [url] })],
});

window.flush = () => provider.forceFlush();
