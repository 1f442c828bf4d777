// Sends about the same spans, log records and metrics with each stock exporter of OpenTelemetry JS to the recording server.
import { createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonSpans } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoSpans } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const PORT = process.argv[2] ?? "4399";

const resource = resourceFromAttributes({
  "service.name": "compat-js",
  "service.version": "1.0.0-ünï",
  "host.cpus": 8,
  "host.ratio": 0.5,
  "host.virtual": true,
  "host.tags": ["a", "", "ü"],
});

/** Every kind of value that the SDK takes. It has one type for numbers: whole ones are sent as integers. */
const values = {
  text: "plain",
  "text.empty": "",
  "text.unicode": "grüße, 世界, \u{1F9F6}\u{1F469}\u200D\u{1F680}, \u0000\u0001\t\n\"\\/\u2028",
  flag: true,
  "flag.false": false,
  "int.zero": 0,
  "int.max": Number.MAX_SAFE_INTEGER,
  "int.min": Number.MIN_SAFE_INTEGER,
  "int.beyond": 2 ** 62,
  double: 0.1,
  "double.small": 5e-324,
  "double.large": 2 ** 51 + 0.5,
  "double.negative": -2.5,
  "double.minus_zero": -0,
  texts: ["a", "", "\u{1F9F6}"],
  flags: [true, false],
  ints: [0, -1, Number.MAX_SAFE_INTEGER],
  doubles: [0.5, -0.25, 1e-7],
  none: [],
};

/** JSON has no name for these; what the exporters make of them is what the recordings are for. */
const odd = { nan: NaN, infinity: Infinity, "minus.infinity": -Infinity, mixed: [NaN, 1.5, Infinity] };

const remote = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
  traceState: createTraceState("vendor=a:b,ot=th:8;rv:80000000000001"),
  isRemote: true,
};

async function spans(exporter) {
  const provider = new BasicTracerProvider({
    resource,
    spanLimits: { eventCountLimit: 3, linkCountLimit: 3, attributeCountLimit: 32 },
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const shop = provider.getTracer("compat.shop", "1.2.3", { schemaUrl: "https://opentelemetry.io/schemas/1.37.0" });
  const store = provider.getTracer("compat.store");
  const root = shop.startSpan("GET /cart", { kind: SpanKind.SERVER, attributes: values }, trace.setSpanContext(ROOT_CONTEXT, remote));
  const within = trace.setSpan(ROOT_CONTEXT, root);
  const child = store.startSpan("SELECT carts", { kind: SpanKind.CLIENT, attributes: odd }, within);
  child.recordException(new RangeError("no such cart: \u{1F9F6}"));
  child.setStatus({ code: SpanStatusCode.ERROR, message: "no such cart: ü" });
  child.end();
  const fine = shop.startSpan("render", { kind: SpanKind.INTERNAL }, within);
  // More than the limit: the first ones are dropped, and counted.
  for (let at = 0; at < 3; at++) fine.addEvent(`row ${at}`, { at });
  fine.addEvent("layout", values);
  fine.addEvent("begun");
  fine.setStatus({ code: SpanStatusCode.OK });
  fine.end();
  root.end();
  const links = [root, remote, child, fine].map((to) => ({ context: to.spanContext?.() ?? to }));
  links[1].attributes = { "link.kind": "cause", ...values };
  links[2].attributes = {};
  shop.startSpan("consume", { kind: SpanKind.CONSUMER, links, root: true }).end();
  shop.startSpan("produce", { kind: SpanKind.PRODUCER, startTime: [1700000000, 123456789] }).end([1700000000, 987654321]);
  shop.startSpan("").end();
  await provider.shutdown();
}

async function logs(exporter) {
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger("compat.shop", "1.2.3");
  const of = trace.setSpanContext(ROOT_CONTEXT, remote);
  logger.emit({ severityNumber: SeverityNumber.ERROR, severityText: "error", body: "no such cart: \u{1F9F6}", attributes: values, context: of });
  logger.emit({ eventName: "cart.saved", body: { a: [1, "b", { c: null }], d: new Uint8Array([0, 255, 1]) }, timestamp: 1700000000123 });
  await provider.shutdown();
}

async function metrics(exporter) {
  const exponential = { type: AggregationType.EXPONENTIAL_HISTOGRAM };
  const provider = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    views: [{ instrumentName: "spread", aggregation: exponential }],
  });
  const meter = provider.getMeter("compat.shop", "1.2.3");
  meter.createCounter("carts", { unit: "{cart}", description: "made" }).add(3, { new: true });
  meter.createUpDownCounter("balance").add(-1.5);
  meter.createHistogram("took", { unit: "s" }).record(0.25);
  meter.createHistogram("spread").record(7);
  meter.createObservableGauge("ratio").addCallback((result) => result.observe(0.1));
  await provider.shutdown();
}

for (const [encoding, Spans, Logs, Metrics] of [["json", JsonSpans, JsonLogs, JsonMetrics], ["protobuf", ProtoSpans, ProtoLogs, ProtoMetrics]]) {
  for (const compression of ["none", "gzip"]) {
    const to = `http://127.0.0.1:${PORT}/js/${encoding}${compression === "gzip" ? "-gzip" : ""}/v1`;
    await spans(new Spans({ url: `${to}/traces`, compression }));
    if (compression === "none") {
      await logs(new Logs({ url: `${to}/logs`, compression }));
      await metrics(new Metrics({ url: `${to}/metrics`, compression }));
    }
  }
}
