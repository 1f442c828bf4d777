// Who is whose child, what is active, and what is told to others: OpenTelemetry's contexts and propagation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { W3CTraceContextPropagator, api, inWeftSpan, otel, page, suppressTracing, tracer } from "./otel/api.mjs";

const { context, propagation, trace, ROOT_CONTEXT } = api;
const remote = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1, isRemote: true };
const server = globalThis.document;

test("on a server nothing is registered", () => {
  page();
  delete globalThis.document;
  otel.register();
  globalThis.document = server;
  assert.ok(!api.isSpanContextValid(tracer().startSpan("work").spanContext()));
});

test("a tracer from before the registration records after it", () => {
  const { last } = page();
  const early = trace.getTracer("early");
  otel.register();
  early.startSpan("work").end();
  assert.equal(last().attributes["otel.scope.name"], "early");
});

test("before init nothing is recorded, and what is asked is joined to what asked", () => {
  delete globalThis.weftHandle;
  const span = tracer().startSpan("work", {}, trace.setSpanContext(ROOT_CONTEXT, remote));
  assert.ok(!span.isRecording());
  assert.deepEqual(span.spanContext(), remote);
  assert.ok(!api.isSpanContextValid(tracer().startSpan("work").spanContext()));
  assert.equal(
    tracer().startActiveSpan("work", (span) => (span.end(), 7)),
    7,
  );
});

test("a span is active in its function, in all three forms, and what is started there is its child", () => {
  const { told } = page();
  const key = api.createContextKey("a key");
  const child = (span) => {
    assert.equal(trace.getActiveSpan(), span);
    tracer().startSpan("child").end();
    span.end();
    return "result";
  };
  assert.equal(tracer().startActiveSpan("one", child), "result");
  assert.equal(tracer().startActiveSpan("two", { attributes: { n: 2 } }, child), "result");
  const given = ROOT_CONTEXT.setValue(key, "value");
  const last = tracer().startActiveSpan("three", {}, given, (span) => [child(span), context.active().getValue(key)]);
  assert.deepEqual(last, ["result", "value"]);
  assert.equal(trace.getActiveSpan(), undefined);
  for (const at of [0, 2, 4]) assert.equal(told.finished[at].started.parent, told.finished[at + 1].started);
  assert.equal(told.finished[3].attributes.n, 2);
});

test("what a function throws comes through, and the context is as it was", () => {
  const { handle } = page();
  const thrown = new Error("of the app");
  const fails = () => {
    throw thrown;
  };
  assert.throws(() => tracer().startActiveSpan("work", fails), thrown);
  assert.deepEqual([trace.getActiveSpan(), handle.running.length], [undefined, 0]);
});

test("root begins a trace of its own, and so does a context without a span", () => {
  const { told } = page();
  tracer().startActiveSpan("outer", (outer) => {
    tracer().startSpan("root", { root: true }).end();
    tracer().startSpan("elsewhere", {}, ROOT_CONTEXT).end();
    context.with(ROOT_CONTEXT, () => tracer().startSpan("outside").end());
    outer.end();
  });
  assert.ok(told.finished.every(({ started }) => started.parent === undefined));
});

test("a child of a trace that began elsewhere begins its own, linked to its cause", () => {
  const { told, ids } = page();
  const span = tracer().startSpan("work", {}, trace.setSpanContext(ROOT_CONTEXT, remote));
  assert.equal(span.spanContext().traceId, ids.trace(1));
  assert.deepEqual(told.links, [{ number: 1, kinds: 1, to: remote.traceId + remote.spanId, name: undefined }]);
  span.end();
  assert.equal(told.finished[0].started.cause, null, "nobody need guess");
});

test("what starts after its parent has ended is linked to it as its cause", () => {
  const { last } = page();
  const parent = tracer().startSpan("parent");
  parent.end();
  tracer().startSpan("late", {}, trace.setSpan(ROOT_CONTEXT, parent)).end();
  const { started } = last();
  assert.deepEqual([started.parent, started.cause.number], [undefined, 1]);
});

test("a child stays one, even if its parent has ended before it", () => {
  const { last } = page();
  const parent = tracer().startSpan("parent");
  const child = tracer().startSpan("child", {}, trace.setSpan(ROOT_CONTEXT, parent));
  parent.end();
  child.end();
  assert.equal(last().started.demoted, false);
});

test("what weft records in a context is a child of its span, and a span of weft's is active", () => {
  const it = page();
  tracer().startActiveSpan("outer", (outer) =>
    inWeftSpan(it, (started) => {
      assert.equal(started.parent.number, 1);
      assert.equal(trace.getActiveSpan().spanContext().spanId, it.ids.span(started.number));
      tracer().startActiveSpan("inner", (inner) => {
        inner.end();
        assert.equal(it.last().started.parent, started);
        // What is known of the context stays, and a span of weft's in it again comes before.
        context.with(ROOT_CONTEXT, () => inWeftSpan(it, (alone) => assert.equal(alone.parent, undefined)));
      });
      outer.end();
    }),
  );
  assert.equal(it.handle.running.length, 0);
});

test("a bound function runs in its context, whoever calls it, and is what it was otherwise", () => {
  page();
  const span = tracer().startSpan("work");
  const active = trace.setSpan(ROOT_CONTEXT, span);
  const object = {
    bound: context.bind(active, function (a, b) {
      return [this === object, a, b, trace.getActiveSpan() === span];
    }),
  };
  assert.deepEqual(object.bound(1, 2), [true, 1, 2, true]);
  assert.equal(object.bound.length, 2);
  assert.equal(context.bind(active, 5), 5);
  assert.deepEqual(
    context.with(active, function (n) { return [this.me, n]; }, { me: "it" }, 3), // prettier-ignore
    ["it", 3],
  );
});

test("where tracing is suppressed nothing is recorded or told", () => {
  const { told } = page();
  const suppressed = suppressTracing(trace.setSpanContext(ROOT_CONTEXT, remote));
  tracer().startSpan("work", {}, suppressed).end();
  const headers = {};
  propagation.inject(suppressed, headers);
  assert.deepEqual([headers, told.finished], [{}, []]);
});

test("a request of weft's own is no span, and joins nothing", () => {
  const { told } = page();
  tracer().startActiveSpan("outer", () => {
    const attributes = { "url.full": "https://shop.example/api/telemetry?key=pk_1" };
    const own = tracer().startSpan("POST", { attributes });
    assert.ok(!own.isRecording() && !api.isSpanContextValid(own.spanContext()));
    tracer()
      .startSpan("POST", { attributes: { "url.full": "https://shop.example/api/cart" } })
      .end();
  });
  assert.equal(told.finished.length, 1);
});

test("a page that is not kept says so in its headers, in one trace, and still counts", () => {
  const { told } = page({ kept: false });
  const inject = (span) => {
    const headers = {};
    propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers);
    return headers.traceparent;
  };
  tracer().startActiveSpan("outer", (outer) => {
    const inner = tracer().startSpan("inner");
    assert.ok(!outer.isRecording() && !inner.isRecording());
    assert.match(inject(outer), /^00-[\da-f]{32}-[\da-f]{16}-02$/);
    assert.equal(inject(inner).slice(0, 36), inject(outer).slice(0, 36));
    assert.notEqual(inject(inner), inject(outer));
    inner.setAttribute("n", 1).end();
    outer.end();
  });
  assert.deepEqual([told.finished.length, told.links.length], [2, 0]);
});

test("headers are those that OpenTelemetry's propagator writes, with either", () => {
  const { ids } = page();
  const span = tracer().startSpan("work");
  const active = trace.setSpan(ROOT_CONTEXT, span);
  for (const propagator of [new W3CTraceContextPropagator(), new otel.WeftPropagator()]) {
    const headers = {};
    propagator.inject(active, headers, api.defaultTextMapSetter);
    assert.deepEqual(headers, { traceparent: `00-${ids.trace(1)}-${ids.span(1)}-03` });
  }
});

test("traceparents are read as OpenTelemetry's propagator reads them", () => {
  const [trace32, span16] = ["0123456789abcdef".repeat(2), "fedcba9876543210"];
  const [theirs, ours] = [new W3CTraceContextPropagator(), new otel.WeftPropagator()];
  for (const traceparent of [
    `00-${trace32}-${span16}-01`,
    ` 00-${trace32}-${span16}-00 `,
    `00-${trace32}-${span16}-01-more`,
    `01-${trace32}-${span16}-01`,
    `01-${trace32}-${span16}-01-more`,
    `ff-${trace32}-${span16}-01`,
    `00-${"0".repeat(32)}-${span16}-01`,
    `00-${trace32}-${"0".repeat(16)}-01`,
    `00-${trace32.toUpperCase()}-${span16}-01`,
    `00-${trace32}-${span16}`,
    "",
    "nonsense",
  ]) {
    const carrier = { traceparent, tracestate: "a=1,b=2" };
    const read = (propagator) => {
      const found = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, api.defaultTextMapGetter));
      return found && { ...found, traceState: found.traceState?.serialize() };
    };
    assert.deepEqual(read(ours), read(theirs), traceparent);
  }
});

test("baggage goes there and comes back, and what is broken in it is left out", () => {
  const given = propagation.createBaggage({
    "user tier": { value: "gold, or so" },
    plain: { value: "1", metadata: api.baggageEntryMetadataFromString("ttl=5") },
  });
  const headers = {};
  propagation.inject(propagation.setBaggage(ROOT_CONTEXT, given), headers);
  assert.equal(headers.baggage, "user%20tier=gold%2C%20or%20so,plain=1;ttl=5");
  const back = propagation.getBaggage(propagation.extract(ROOT_CONTEXT, headers));
  assert.equal(back.getEntry("user tier").value, "gold, or so");
  assert.equal(back.getEntry("plain").metadata.toString(), "ttl=5");
  const broken = propagation.extract(ROOT_CONTEXT, { baggage: "=1,a,b=%ff,,c=3" });
  assert.deepEqual(
    propagation.getBaggage(broken).getAllEntries().map(([key, { value }]) => [key, value]), // prettier-ignore
    [["c", "3"]],
  );
});

test("forceFlush of the provider sends what waits", async () => {
  await new otel.WeftTracerProvider().forceFlush();
  assert.ok(globalThis.weftFlushed);
});
