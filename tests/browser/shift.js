// Moves time on inside a page, as if the tab had been left alone for weeks: runs before the page's scripts.
//
// awake:  the device ran all the while; the wall clock and the monotonic clock both moved on.
// asleep: the device slept; only the wall clock moved on, performance.now() stood still.
//
// Ready-made clock fakes replace the performance timeline and lose its entries. Here every entry and event
// stays the browser's own; only the times it reports are mapped: `t` becomes `t` plus all awake shifts
// that had happened by the real time `t`. Whatever happened before a shift keeps its time.
// Not mapped: the argument of requestAnimationFrame callbacks, `document.timeline`, `Temporal.Now`, and marks
// that are given an explicit start time.
(() => {
  const realNow = performance.now.bind(performance);
  const RealDate = Date;
  const realDateNow = Date.now;
  const realOrigin = performance.timeOrigin;
  const shifts = [];
  let wall = 0;
  let originShift = 0;

  const map = (t) => shifts.reduce((mapped, shift) => (shift.at <= t ? mapped + shift.ms : mapped), t);
  const now = () => realDateNow() + wall;

  /** Replaces a getter by one that reports the browser's own value, mapped. */
  function mapGetter(prototype, name, by = map) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (!descriptor?.get) return false;
    Object.defineProperty(prototype, name, {
      ...descriptor,
      get() {
        return by(descriptor.get.call(this));
      },
    });
    return true;
  }

  const ENTRY_TIMES = [
    "startTime", "workerStart", "redirectStart", "redirectEnd", "fetchStart", "domainLookupStart",
    "domainLookupEnd", "connectStart", "connectEnd", "secureConnectionStart", "requestStart",
    "responseStart", "firstInterimResponseStart", "finalResponseHeadersStart", "responseEnd",
    "unloadEventStart", "unloadEventEnd", "domInteractive", "domContentLoadedEventStart",
    "domContentLoadedEventEnd", "domComplete", "loadEventStart", "loadEventEnd", "activationStart",
    "criticalCHRestart", "processingStart", "processingEnd", "renderTime", "loadTime", "renderStart",
    "styleAndLayoutStart", "firstUIEventTimestamp", "executionStart", "paintTime", "presentationTime",
  ];

  function mapEntries(prototype) {
    const mapped = ENTRY_TIMES.filter((name) => mapGetter(prototype, name));
    const toJSON = Object.hasOwn(prototype, "toJSON") && prototype.toJSON;
    if (!toJSON || mapped.length === 0) return;
    prototype.toJSON = function () {
      const json = toJSON.call(this);
      for (const name of ENTRY_TIMES) if (name in json) json[name] = this[name];
      return json;
    };
  }

  for (const name of Object.getOwnPropertyNames(window)) {
    if (!/^(Performance|Largest|LayoutShift|TaskAttribution|VisibilityState|Interaction|SoftNavigation)/.test(name)) continue;
    const prototype = window[name]?.prototype;
    if (prototype && name !== "Performance") mapEntries(prototype);
  }

  mapGetter(Event.prototype, "timeStamp");
  mapGetter(Performance.prototype, "timeOrigin", () => realOrigin + originShift);
  Performance.prototype.now = { now() { return map(realNow()); } }.now;

  // A proxy keeps `instanceof`, the prototype, Date.UTC, Date.parse and the constructor's length as they are.
  window.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length ? args : [now()], newTarget),
    apply: () => new RealDate(now()).toString(),
  });
  RealDate.now = { now }.now;
  RealDate.prototype.constructor = window.Date;

  /** What time it is when this document starts: its monotonic clock is new, its wall clock is not. */
  window.__weftShiftFrom = (ms) => {
    wall = originShift = ms;
    delete window.__weftShiftFrom;
  };

  window.__weftShift = (ms, { monotonic }) => {
    wall += ms;
    if (monotonic) shifts.push({ at: realNow(), ms });
  };
})();
