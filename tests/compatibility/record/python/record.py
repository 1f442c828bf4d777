"""Sends about the same spans, log records and metrics with each stock exporter of OpenTelemetry Python to the recording server."""

import math
import sys
import time

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.common.http import Compression
from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter as JsonLogs
from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter as JsonMetrics
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonSpans
from opentelemetry.exporter.otlp.proto.http import Compression as ProtoCompression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as ProtoLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as ProtoMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ProtoSpans
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

PORT = sys.argv[1] if len(sys.argv) > 1 else "4399"
RESOURCE = Resource(
    {
        "service.name": "compat-python",
        "service.version": "1.0.0-ünï",
        "host.cpus": 8,
        "host.ratio": 0.5,
        "host.virtual": True,
        "host.tags": ["a", "", "ü"],
    },
    "https://opentelemetry.io/schemas/1.37.0",
)
# Every kind of value that the SDK takes.
VALUES = {
    "text": "plain",
    "text.empty": "",
    "text.unicode": 'grüße, 世界, \U0001f9f6\U0001f469\u200d\U0001f680, \0\1\t\n"\\/\u2028',
    "flag": True,
    "flag.false": False,
    "int.zero": 0,
    "int.max": 2**63 - 1,
    "int.min": -(2**63),
    "double": 0.1,
    "double.whole": 3.0,
    "double.small": 5e-324,
    "double.large": 1.7976931348623157e308,
    "double.minus_zero": -0.0,
    "double.nan": math.nan,
    "double.infinity": math.inf,
    "double.minus_infinity": -math.inf,
    "bytes": b"\x00\xff\xfe\x01",
    "texts": ["a", "", "\U0001f9f6"],
    "flags": [True, False],
    "ints": [0, -1, 2**63 - 1, -(2**63)],
    "doubles": [0.5, -0.0, math.nan, math.inf, 1e-7],
    "none": [],
}
REMOTE = SpanContext(
    0x0AF7651916CD43DD8448EB211C80319C,
    0xB7AD6B7169203331,
    True,
    TraceFlags(TraceFlags.SAMPLED),
    TraceState([("vendor", "a:b"), ("ot", "th:8;rv:80000000000001")]),
)


def spans(exporter):
    limits = SpanLimits(max_events=3, max_links=3, max_span_attributes=32)
    provider = TracerProvider(resource=RESOURCE, span_limits=limits, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    schema = "https://opentelemetry.io/schemas/1.37.0"
    shop = provider.get_tracer("compat.shop", "1.2.3", schema, {"scope.text": "ü", "scope.int": 7})
    store = provider.get_tracer("compat.store")
    remote = trace.set_span_in_context(NonRecordingSpan(REMOTE))
    root = shop.start_span("GET /cart", remote, SpanKind.SERVER, VALUES)
    within = trace.set_span_in_context(root)
    child = store.start_span("SELECT carts", within, SpanKind.CLIENT)
    try:
        raise LookupError("no such cart: \U0001f9f6")
    except LookupError as error:
        child.record_exception(error, {"exception.id": 7})
    child.set_status(Status(StatusCode.ERROR, "no such cart: ü"))
    child.end()
    fine = shop.start_span("render", within, SpanKind.INTERNAL)
    # More than the limit: the first ones are dropped, and counted.
    for at in range(3):
        fine.add_event(f"row {at}", {"at": at})
    fine.add_event("layout", VALUES)
    fine.add_event("begun")
    fine.set_status(StatusCode.OK)
    fine.end()
    root.end()
    links = [Link(root.get_span_context()), Link(REMOTE, {"link.kind": "cause", **VALUES})]
    links += [Link(child.get_span_context(), {}), Link(fine.get_span_context())]
    shop.start_span("consume", kind=SpanKind.CONSUMER, links=links).end()
    begun = 1700000000123456789
    shop.start_span("produce", kind=SpanKind.PRODUCER, start_time=begun).end(begun + 864197532)
    shop.start_span("").end()
    provider.shutdown()


def logs(exporter):
    provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("compat.shop", "1.2.3")
    of = trace.set_span_in_context(NonRecordingSpan(REMOTE))
    error = dict(severity_number=SeverityNumber.ERROR, severity_text="error", body="no such cart: \U0001f9f6")
    logger.emit(LogRecord(timestamp=time.time_ns(), context=of, attributes=VALUES, **error))
    body = {"a": [1, "b", {"c": None}], "d": b"\x00\xff\x01"}
    logger.emit(LogRecord(event_name="cart.saved", body=body, observed_timestamp=1700000000123000000))
    provider.shutdown()


def metrics(exporter):
    reader = PeriodicExportingMetricReader(exporter, 3_600_000)
    spread = View(instrument_name="spread", aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider([reader], RESOURCE, views=[spread], shutdown_on_exit=False)
    meter = provider.get_meter("compat.shop", "1.2.3")
    meter.create_counter("carts", "{cart}", "made").add(3, {"new": True})
    meter.create_up_down_counter("balance").add(-1.5)
    meter.create_histogram("took", "s").record(0.25)
    meter.create_histogram("spread").record(7)
    meter.create_observable_gauge("ratio", [lambda _: [Observation(0.1)]])
    provider.shutdown()


for encoding, Spans, Logs, Metrics, Compressed in [
    ("json", JsonSpans, JsonLogs, JsonMetrics, Compression),
    ("protobuf", ProtoSpans, ProtoLogs, ProtoMetrics, ProtoCompression),
]:
    to = f"http://127.0.0.1:{PORT}/python/{encoding}"
    spans(Spans(f"{to}/v1/traces", compression=Compressed("none")))
    spans(Spans(f"{to}-gzip/v1/traces", compression=Compressed("gzip")))
    logs(Logs(f"{to}/v1/logs"))
    metrics(Metrics(f"{to}/v1/metrics"))
