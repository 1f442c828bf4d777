// Sends about the same spans, log records and metrics with each stock exporter of OpenTelemetry Java to the recording server.

import static io.opentelemetry.api.common.AttributeKey.*;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.time.Instant;

public final class Record {
  static final String SCHEMA = "https://opentelemetry.io/schemas/1.37.0";
  static final String YARN = "\uD83E\uDDF6";

  static final Resource OURS =
      Resource.create(
          Attributes.builder()
              .put("service.name", "compat-java")
              .put("service.version", "1.0.0-\u00fcn\u00ef")
              .put("host.cpus", 8)
              .put("host.ratio", 0.5)
              .put("host.virtual", true)
              .put("host.tags", "a", "", "\u00fc")
              .build(),
          SCHEMA);

  /** Every kind of value that the SDK takes. */
  static final Attributes VALUES =
      Attributes.builder()
          .put("text", "plain")
          .put("text.empty", "")
          .put("text.unicode", "gr\u00fc\u00dfe, \u4e16\u754c, " + YARN + "\uD83D\uDC69\u200D\uD83D\uDE80, \0\1\t\n\"\\/\u2028")
          .put("flag", true)
          .put("flag.false", false)
          .put("int.zero", 0L)
          .put("int.max", Long.MAX_VALUE)
          .put("int.min", Long.MIN_VALUE)
          .put("double", 0.1)
          .put("double.whole", 3.0)
          .put("double.small", Double.MIN_VALUE)
          .put("double.large", Double.MAX_VALUE)
          .put("double.minus_zero", -0.0)
          .put("double.nan", Double.NaN)
          .put("double.infinity", Double.POSITIVE_INFINITY)
          .put("double.minus_infinity", Double.NEGATIVE_INFINITY)
          .put(valueKey("bytes"), Value.of(new byte[] {0, -1, -2, 1}))
          .put(valueKey("mixed"), Value.of(Value.of("a"), Value.of(-1), Value.empty()))
          .put(valueKey("map"), Value.of(KeyValue.of("a", Value.of("b")), KeyValue.of("c", Value.of(new KeyValue[0]))))
          .put("texts", "a", "", YARN)
          .put("flags", true, false)
          .put("ints", 0L, -1L, Long.MAX_VALUE, Long.MIN_VALUE)
          .put("doubles", 0.5, -0.0, Double.NaN, Double.POSITIVE_INFINITY, 1e-7)
          .put("none", new String[0])
          .build();

  static final SpanContext REMOTE =
      SpanContext.createFromRemoteParent(
          "0af7651916cd43dd8448eb211c80319c",
          "b7ad6b7169203331",
          TraceFlags.getSampled(),
          TraceState.builder().put("ot", "th:8;rv:80000000000001").put("vendor", "a:b").build());

  static void spans(OtlpHttpSpanExporter exporter) {
    var limits = SpanLimits.builder().setMaxNumberOfEvents(3).setMaxNumberOfLinks(3).setMaxNumberOfAttributes(32);
    var provider =
        SdkTracerProvider.builder()
            .setResource(OURS)
            .setSpanLimits(limits.build())
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            .build();
    var shop = provider.tracerBuilder("compat.shop").setInstrumentationVersion("1.2.3").setSchemaUrl(SCHEMA).build();
    var store = provider.get("compat.store");
    var remote = Context.root().with(Span.wrap(REMOTE));
    var root = shop.spanBuilder("GET /cart").setParent(remote).setSpanKind(SpanKind.SERVER).setAllAttributes(VALUES).startSpan();
    var within = Context.root().with(root);
    var child = store.spanBuilder("SELECT carts").setParent(within).setSpanKind(SpanKind.CLIENT).startSpan();
    child.recordException(new IllegalStateException("no such cart: " + YARN), Attributes.of(longKey("exception.id"), 7L));
    child.setStatus(StatusCode.ERROR, "no such cart: \u00fc");
    child.end();
    var fine = shop.spanBuilder("render").setParent(within).startSpan();
    fine.addEvent("begun");
    fine.addEvent("layout", VALUES);
    // More than the limit: the last ones are dropped, and counted.
    for (long at = 0; at < 3; at++) {
      fine.addEvent("row", Attributes.of(longKey("at"), at));
    }
    fine.setStatus(StatusCode.OK);
    fine.end();
    root.end();
    others(shop, root, child, fine);
    provider.close();
  }

  static void others(Tracer shop, Span root, Span child, Span fine) {
    var consume = shop.spanBuilder("consume").setNoParent().setSpanKind(SpanKind.CONSUMER);
    consume.addLink(root.getSpanContext());
    consume.addLink(REMOTE, Attributes.builder().putAll(VALUES).put("link.kind", "cause").build());
    consume.addLink(child.getSpanContext(), Attributes.empty());
    consume.addLink(fine.getSpanContext());
    consume.startSpan().end();
    var begun = Instant.ofEpochSecond(1700000000, 123456789);
    shop.spanBuilder("produce").setNoParent().setSpanKind(SpanKind.PRODUCER).setStartTimestamp(begun).startSpan().end(begun.plusNanos(864197532));
    shop.spanBuilder(" ").setNoParent().startSpan().end();
  }

  static void logs(OtlpHttpLogRecordExporter exporter) {
    var processor = BatchLogRecordProcessor.builder(exporter).build();
    var provider = SdkLoggerProvider.builder().setResource(OURS).addLogRecordProcessor(processor).build();
    var logger = provider.loggerBuilder("compat.shop").setInstrumentationVersion("1.2.3").setSchemaUrl(SCHEMA).build();
    var failed = logger.logRecordBuilder().setContext(Context.root().with(Span.wrap(REMOTE))).setAllAttributes(VALUES);
    failed.setSeverity(Severity.ERROR).setSeverityText("error").setBody("no such cart: " + YARN).emit();
    var body = Value.of(KeyValue.of("a", Value.of(Value.of(1), Value.empty())), KeyValue.of("d", Value.of(new byte[] {0, -1})));
    logger.logRecordBuilder().setEventName("cart.saved").setBody(body).emit();
    provider.close();
  }

  static void metrics(OtlpHttpMetricExporter exporter) {
    var reader = PeriodicMetricReader.builder(exporter).setInterval(Duration.ofHours(1)).build();
    var spread = View.builder().setAggregation(Aggregation.base2ExponentialBucketHistogram()).build();
    var selector = InstrumentSelector.builder().setName("spread").build();
    var provider = SdkMeterProvider.builder().setResource(OURS).registerMetricReader(reader).registerView(selector, spread).build();
    var meter = provider.meterBuilder("compat.shop").setInstrumentationVersion("1.2.3").setSchemaUrl(SCHEMA).build();
    meter.counterBuilder("carts").setUnit("{cart}").setDescription("made").build().add(3, Attributes.of(booleanKey("new"), true));
    meter.upDownCounterBuilder("balance").ofDoubles().build().add(-1.5);
    meter.histogramBuilder("took").setUnit("s").build().record(0.25);
    meter.histogramBuilder("spread").build().record(7);
    meter.gaugeBuilder("ratio").buildWithCallback(gauge -> gauge.record(0.1));
    provider.close();
  }

  /** The exporter can write JSON, and has no public way to say so. */
  static OtlpHttpSpanExporterBuilder json(OtlpHttpSpanExporterBuilder builder) throws ReflectiveOperationException {
    var field = builder.getClass().getDeclaredField("delegate");
    field.setAccessible(true);
    var delegate = field.get(builder);
    delegate.getClass().getMethod("exportAsJson").invoke(delegate);
    return builder;
  }

  public static void main(String[] arguments) throws ReflectiveOperationException {
    var to = "http://127.0.0.1:" + (arguments.length > 0 ? arguments[0] : "4399") + "/java/";
    for (var compression : new String[] {"none", "gzip"}) {
      var end = compression.equals("gzip") ? "-gzip/v1/traces" : "/v1/traces";
      var protobuf = OtlpHttpSpanExporter.builder().setCompression(compression).setEndpoint(to + "protobuf" + end);
      var json = OtlpHttpSpanExporter.builder().setCompression(compression).setEndpoint(to + "json" + end);
      spans(protobuf.build());
      spans(json(json).build());
    }
    logs(OtlpHttpLogRecordExporter.builder().setEndpoint(to + "protobuf/v1/logs").build());
    metrics(OtlpHttpMetricExporter.builder().setEndpoint(to + "protobuf/v1/metrics").build());
  }
}
