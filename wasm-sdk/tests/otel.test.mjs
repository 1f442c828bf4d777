// What the documentation of OpenTelemetry's API promises of spans, with weft behind it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, otel, page, tracer } from "./otel/api.mjs";

const { SpanKind, SpanStatusCode } = api;
otel.register();

test("a span has the ids of its event from its start, and keeps them", () => {
  const { ids, last } = page();
  const span = tracer().startSpan("work");
  const before = span.spanContext();
  assert.deepEqual([before.traceId, before.spanId], [ids.trace(1), ids.span(1)]);
  assert.ok(api.isSpanContextValid(before));
  assert.equal(before.traceFlags & api.TraceFlags.SAMPLED, 1);
  span.end();
  assert.deepEqual(span.spanContext(), before);
  assert.equal(last().started.number, 1);
});

test("what is said at the start arrives, with the scope that it came from", () => {
  const { told, last } = page();
  const [to, dangling] = [
    { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 },
    { traceId: "0".repeat(32), spanId: "b".repeat(16), traceFlags: 1 },
  ];
  const scoped = api.trace.getTracerProvider().getTracer("lib", "4.5", { schemaUrl: "https://schema.example/1" });
  const links = [{ context: to, attributes: { "weft.link": "retries", why: "none" } }, { context: dangling }];
  scoped.startSpan("work", { kind: SpanKind.PRODUCER, attributes: { n: 1, list: [1, "b"] }, links }).end();
  const { name, kind, attributes, status } = last();
  assert.deepEqual([name, kind, status], ["work", 4, 0]);
  assert.deepEqual(attributes, {
    "otel.scope.name": "lib",
    "otel.scope.version": "4.5",
    "otel.scope.schema_url": "https://schema.example/1",
    n: 1,
    list: ["1", "b"],
  });
  assert.deepEqual(told.links, [{ number: 1, kinds: 512, to: to.traceId + to.spanId, name: "retries" }]);
  const { counters } = globalThis.weftHandle;
  assert.deepEqual([counters.linksLeftOut, counters.attributesLeftOut], [1, 1]);
});

test("every kind is OTLP's, and what is none is internal", () => {
  const { told } = page();
  for (const kind of [undefined, 0, 1, 2, 3, 4, 5, -1, "CLIENT"]) tracer().startSpan("work", { kind }).end();
  assert.deepEqual(
    told.finished.map(({ kind }) => kind),
    [1, 1, 2, 3, 4, 5, 1, 1, 1],
  );
});

test("what is said while it runs arrives, the last word for each", () => {
  const { last } = page();
  const span = tracer().startSpan("before", { attributes: { a: 1 } });
  const returned = span
    .setAttribute("a", 2)
    .setAttributes({ b: true, c: null, "": "no name" })
    .addLink({ context: { traceId: "c".repeat(32), spanId: "d".repeat(16), traceFlags: 0 } })
    .addLinks([])
    .addEvent("nothing more")
    .setStatus({ code: SpanStatusCode.UNSET })
    .updateName("after");
  assert.equal(returned, span);
  span.end();
  assert.equal(last().name, "after");
  const { a, b, c } = last().attributes;
  assert.deepEqual([a, b, c], [2, true, undefined]);
  assert.ok(!("" in last().attributes));
});

test("an ended span records no more and ends no second time", () => {
  const { told } = page();
  const span = tracer().startSpan("work");
  assert.ok(span.isRecording());
  span.end();
  assert.ok(!span.isRecording());
  span.setAttribute("late", 1).setAttributes({ late: 1 }).addEvent("late", { n: 1 }).updateName("late");
  span.setStatus({ code: SpanStatusCode.ERROR }).addLink({ context: span.spanContext() });
  span.recordException(new Error("late"));
  span.end();
  assert.equal(told.finished.length, 1);
  assert.deepEqual([told.finished[0].name, told.finished[0].status, told.links.length], ["work", 0, 0]);
  assert.ok(!("late" in told.finished[0].attributes));
});

test("a status of OK is final, one of UNSET says nothing, and only an error has a description", () => {
  const { last } = page();
  const ended = (...statuses) => {
    const span = tracer().startSpan("work");
    for (const status of statuses) span.setStatus(status);
    span.end();
    return [last().status, last().attributes["otel.status_description"]];
  };
  const [ok, unset] = [{ code: SpanStatusCode.OK, message: "fine" }, { code: SpanStatusCode.UNSET }];
  const error = { code: SpanStatusCode.ERROR, message: "it broke" };
  assert.deepEqual(ended(), [0, undefined]);
  assert.deepEqual(ended(error, unset), [2, "it broke"]);
  assert.deepEqual(ended(error, ok), [1, undefined]);
  assert.deepEqual(ended(ok, error), [1, undefined]);
});

test("a time alone is an attribute, and what says more or comes again is a child", () => {
  const { told } = page();
  const startTime = performance.now();
  const span = tracer().startSpan("work", { startTime });
  span.addEvent("fetchStart", startTime);
  span.addEvent("retry", { attempt: 1 });
  span.addEvent("fetchStart", new Date());
  span.addEvent("done", undefined, startTime);
  span.end();
  const [retry, again, work] = told.finished;
  assert.deepEqual([retry.name, retry.attributes, retry.duration], ["retry", { attempt: 1 }, 0]);
  assert.equal(again.name, "fetchStart");
  assert.deepEqual([retry.started.parent, again.started.parent], [work.started, work.started]);
  assert.deepEqual([work.attributes["otel.span_event.fetchStart"], work.attributes["otel.span_event.done"]], [0, 0]);
});

test("an exception is a child, whatever was thrown", () => {
  const { told } = page();
  const span = tracer().startSpan("work");
  span.recordException(new RangeError("too far"));
  span.recordException("just words");
  span.recordException({ code: 42, message: "by code" });
  const unreadable = { get message() { throw new Error("no"); } }; // prettier-ignore
  for (const thrown of [unreadable, undefined]) span.recordException(thrown);
  span.end();
  const said = told.finished.map(({ attributes }) => [attributes["exception.type"], attributes["exception.message"]]);
  assert.deepEqual(said.slice(0, 3), [["RangeError", "too far"], [undefined, "just words"], ["42", "by code"]]); // prettier-ignore
  assert.match(told.finished[0].attributes["exception.stacktrace"], /otel\.test/);
  assert.equal(told.finished.at(-1).name, "work");
  assert.equal(told.finished.at(-1).status, 0, "that is for the app to say");
});

test("times are taken in every form, and a span lasts from one to the other", () => {
  const { last } = page();
  const [start, wall] = [performance.now() - 40, Date.now() - 40];
  const pair = (ms) => [Math.floor(ms / 1e3), (ms % 1e3) * 1e6];
  for (const [from, until] of [
    [start, start + 30],
    [wall, wall + 30],
    [new Date(wall), new Date(wall + 30)],
    [pair(wall), pair(wall + 30)],
  ]) {
    tracer().startSpan("work", { startTime: from }).end(until);
    const { duration, started } = last();
    assert.ok(Math.abs(duration - 30) < 2, `${duration} ms`);
    assert.ok(Math.abs(started.moment.monotonic - start) < 2, `${from}: ${started.moment.monotonic}`);
    assert.ok(Math.abs(started.moment.wall - wall) < 250);
  }
});

test("no time makes an event that is in the future, before its page, or backward", () => {
  const { last } = page();
  const span = tracer().startSpan("work", { startTime: Date.now() + 1e9 });
  span.end(Date.now() + 1e9);
  assert.ok(last().started.moment.monotonic <= performance.now() && last().duration < 1_000);
  tracer()
    .startSpan("work", { startTime: new Date(0) })
    .end();
  assert.equal(last().started.moment.monotonic, 0);
  tracer().startSpan("work").end(new Date(0));
  assert.equal(last().duration, 0);
  for (const startTime of [NaN, new Date(NaN), [Infinity, 0], "soon", null]) {
    tracer().startSpan("work", { startTime }).end(startTime);
    assert.ok(Number.isFinite(last().started.moment.wall) && last().duration < 1_000, String(startTime));
  }
});

test("what a span keeps is bounded, and what is left out is counted", () => {
  const { handle, told, last } = page();
  const span = tracer().startSpan("work");
  for (let n = 0; n < 200; n++) {
    span.setAttribute(`key.${n}`, n);
    span.addLink({ context: { traceId: "a".repeat(32), spanId: String(n).padStart(16, "b"), traceFlags: 1 } });
    span.addEvent("often", { n });
  }
  span.end();
  assert.equal(Object.keys(last().attributes).length, 128 + 1);
  assert.equal(handle.counters.attributesLeftOut, 200 - 126);
  assert.deepEqual([told.links.length, handle.counters.linksLeftOut], [128, 72]);
  assert.deepEqual([told.finished.length, last().attributes["otel.dropped_events_count"]], [129, 72]);
});

test("a second link to the same span is left out, and counted", () => {
  const { handle, told } = page();
  const link = { context: { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 } };
  tracer()
    .startSpan("work", { links: [link, link] })
    .addLink(link)
    .end();
  assert.deepEqual([told.links.length, handle.counters.linksLeftOut], [1, 2]);
});

test("whatever is given, nothing is thrown into the page", () => {
  const { told } = page();
  const [nothing, unreadable] = [null, { get code() { throw new Error("no"); } }]; // prettier-ignore
  const span = tracer().startSpan(Symbol("name"), nothing, nothing);
  span.setAttributes(nothing).addLinks(nothing).addLink(nothing).addLink({}).addEvent(nothing, nothing, nothing);
  for (const given of [nothing, undefined, unreadable, { code: 7 }]) span.setStatus(given).recordException(given);
  span.updateName(nothing).end(nothing);
  assert.equal(told.finished.at(-1).status, 0);
  assert.equal(tracer().startActiveSpan("nothing to run"), undefined);
});

test("a span that is open when a batch is sealed is told as such, once, and one that is over is not", () => {
  const { handle, told } = page();
  tracer().startSpan("over").end();
  const span = tracer().startSpan("upload", { kind: SpanKind.CLIENT, attributes: { size: 3 } });
  for (const each of [...handle.beforeSeal, ...handle.beforeSeal]) each();
  assert.deepEqual(
    told.kept.map(({ number, name, attributes, kind }) => [number, name, attributes.size, kind]),
    [[2, "upload", 3, 3]],
  );
  span.end();
  assert.equal(told.finished.at(-1).name, "upload");
});
