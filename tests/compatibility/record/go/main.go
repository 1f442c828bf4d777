// Sends about the same spans, log records and metrics with each stock exporter of OpenTelemetry Go to the recording server.
package main

import (
	"context"
	"errors"
	"log"
	"math"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const schema = "https://opentelemetry.io/schemas/1.37.0"

var ours = resource.NewWithAttributes(schema,
	attribute.String("service.name", "compat-go"),
	attribute.String("service.version", "1.0.0-ünï"),
	attribute.Int("host.cpus", 8),
	attribute.Float64("host.ratio", 0.5),
	attribute.Bool("host.virtual", true),
	attribute.StringSlice("host.tags", []string{"a", "", "ü"}),
)

// Every kind of value that the SDK takes.
var values = []attribute.KeyValue{
	attribute.String("text", "plain"),
	attribute.String("text.empty", ""),
	attribute.String("text.unicode", "grüße, 世界, 🧶👩\u200d🚀, \x00\x01\t\n\"\\/\u2028<&>"),
	attribute.Bool("flag", true),
	attribute.Bool("flag.false", false),
	attribute.Int("int.zero", 0),
	attribute.Int64("int.max", math.MaxInt64),
	attribute.Int64("int.min", math.MinInt64),
	attribute.Float64("double", 0.1),
	attribute.Float64("double.whole", 3),
	attribute.Float64("double.small", math.SmallestNonzeroFloat64),
	attribute.Float64("double.large", math.MaxFloat64),
	attribute.Float64("double.minus_zero", math.Copysign(0, -1)),
	attribute.Float64("double.nan", math.NaN()),
	attribute.Float64("double.infinity", math.Inf(1)),
	attribute.Float64("double.minus_infinity", math.Inf(-1)),
	attribute.ByteSlice("bytes", []byte{0, 255, 254, 1}),
	attribute.Slice("mixed", attribute.StringValue("a"), attribute.Int64Value(-1), attribute.SliceValue()),
	attribute.Map("map", attribute.String("a", "b"), attribute.Map("c")),
	attribute.StringSlice("texts", []string{"a", "", "🧶"}),
	attribute.BoolSlice("flags", []bool{true, false}),
	attribute.Int64Slice("ints", []int64{0, -1, math.MaxInt64, math.MinInt64}),
	attribute.Float64Slice("doubles", []float64{0.5, math.Copysign(0, -1), math.NaN(), math.Inf(1), 1e-7}),
	attribute.StringSlice("none", []string{}),
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func remote() trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    must(trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")),
		SpanID:     must(trace.SpanIDFromHex("b7ad6b7169203331")),
		TraceFlags: trace.FlagsSampled,
		TraceState: must(trace.ParseTraceState("vendor=a:b,ot=th:8;rv:80000000000001")),
		Remote:     true,
	})
}

func spans(ctx context.Context, options ...otlptracehttp.Option) {
	limits := sdktrace.NewSpanLimits()
	limits.EventCountLimit, limits.LinkCountLimit, limits.AttributeCountLimit = 3, 3, 32
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(ours),
		sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithBatcher(must(otlptracehttp.New(ctx, options...))),
	)
	shop := provider.Tracer("compat.shop", trace.WithInstrumentationVersion("1.2.3"), trace.WithSchemaURL(schema),
		trace.WithInstrumentationAttributes(attribute.String("scope.text", "ü"), attribute.Int("scope.int", 7)))
	store := provider.Tracer("compat.store")
	within, root := shop.Start(trace.ContextWithSpanContext(ctx, remote()), "GET /cart",
		trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(values...))
	_, child := store.Start(within, "SELECT carts", trace.WithSpanKind(trace.SpanKindClient))
	child.RecordError(errors.New("no such cart: 🧶"), trace.WithAttributes(attribute.Int("exception.id", 7)))
	child.SetStatus(codes.Error, "no such cart: ü")
	child.End()
	_, fine := shop.Start(within, "render")
	// More than the limit: the first ones are dropped, and counted.
	for at := range 3 {
		fine.AddEvent("row", trace.WithAttributes(attribute.Int("at", at)))
	}
	fine.AddEvent("layout", trace.WithAttributes(values...))
	fine.AddEvent("begun")
	fine.SetStatus(codes.Ok, "")
	fine.End()
	root.End()
	others(ctx, shop, root, child, fine)
	must(0, provider.Shutdown(ctx))
}

func others(ctx context.Context, shop trace.Tracer, root, child, fine trace.Span) {
	cause := append([]attribute.KeyValue{attribute.String("link.kind", "cause")}, values...)
	_, consume := shop.Start(ctx, "consume", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(
		trace.Link{SpanContext: root.SpanContext()},
		trace.Link{SpanContext: remote(), Attributes: cause},
		trace.Link{SpanContext: child.SpanContext(), Attributes: []attribute.KeyValue{}},
		trace.Link{SpanContext: fine.SpanContext()},
	))
	consume.End()
	_, produce := shop.Start(ctx, "produce", trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithTimestamp(time.Unix(1700000000, 123456789)))
	produce.End(trace.WithTimestamp(time.Unix(1700000000, 987654321)))
	_, nameless := shop.Start(ctx, "")
	nameless.End()
}

func logs(ctx context.Context, url string) {
	exporter := must(otlploghttp.New(ctx, otlploghttp.WithEndpointURL(url)))
	provider := sdklog.NewLoggerProvider(sdklog.WithResource(ours), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	logger := provider.Logger("compat.shop", otellog.WithInstrumentationVersion("1.2.3"), otellog.WithSchemaURL(schema))
	var failed, saved otellog.Record
	failed.SetTimestamp(time.Now())
	failed.SetSeverity(otellog.SeverityError)
	failed.SetSeverityText("error")
	failed.SetBody(attribute.StringValue("no such cart: 🧶"))
	failed.AddAttributes(values...)
	logger.Emit(trace.ContextWithSpanContext(ctx, remote()), failed)
	saved.SetEventName("cart.saved")
	saved.SetBody(attribute.MapValue(attribute.Slice("a", attribute.IntValue(1), attribute.Value{}), attribute.ByteSlice("d", []byte{0, 255})))
	logger.Emit(ctx, saved)
	must(0, provider.Shutdown(ctx))
}

func metrics(ctx context.Context, url string) {
	exporter := must(otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(url)))
	spread := sdkmetric.NewView(sdkmetric.Instrument{Name: "spread"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(ours), sdkmetric.WithView(spread),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(time.Hour))))
	meter := provider.Meter("compat.shop", metric.WithInstrumentationVersion("1.2.3"), metric.WithSchemaURL(schema))
	must(meter.Int64Counter("carts", metric.WithUnit("{cart}"), metric.WithDescription("made"))).Add(ctx, 3,
		metric.WithAttributes(attribute.Bool("new", true)))
	must(meter.Float64UpDownCounter("balance")).Add(ctx, -1.5)
	must(meter.Float64Histogram("took", metric.WithUnit("s"))).Record(ctx, 0.25)
	must(meter.Float64Histogram("spread")).Record(ctx, 7)
	must(meter.Float64Gauge("ratio")).Record(ctx, 0.1)
	must(0, provider.Shutdown(ctx))
}

func main() {
	port := "4399"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	ctx, to := context.Background(), "http://127.0.0.1:"+port+"/go/"
	json, gzip := otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON), otlptracehttp.WithCompression(otlptracehttp.GzipCompression)
	at := func(variant string) otlptracehttp.Option {
		return otlptracehttp.WithEndpointURL(to + variant + "/v1/traces")
	}
	spans(ctx, at("protobuf"))
	spans(ctx, at("protobuf-gzip"), gzip)
	spans(ctx, at("json"), json)
	spans(ctx, at("json-gzip"), json, gzip)
	// The exporters of logs and metrics have no JSON.
	logs(ctx, to+"protobuf/v1/logs")
	metrics(ctx, to+"protobuf/v1/metrics")
}
