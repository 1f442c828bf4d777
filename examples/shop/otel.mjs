// Stock OpenTelemetry for Node, loaded before the server: `node --import ./otel.mjs server.mjs`.
// Nothing of weft is in here: where spans go, with which key and under which name are the standard
// variables OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and OTEL_SERVICE_NAME.
import { register } from "node:module";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";

register("@opentelemetry/instrumentation/hook.mjs", import.meta.url);

const http = new HttpInstrumentation({
  // Files are not worth a trace.
  ignoreIncomingRequestHook: (request) => !request.url?.startsWith("/api/"),
});

const sdk = new NodeSDK({
  traceExporter: new OTLPTraceExporter(),
  // This shop has no metrics and no logs to send.
  metricReaders: [],
  logRecordProcessors: [],
  instrumentations: [http],
});
sdk.start();

for (const signal of ["SIGINT", "SIGTERM"]) {
  // The last spans leave before the process does.
  process.once(signal, () => sdk.shutdown().finally(() => process.exit(0)));
}
