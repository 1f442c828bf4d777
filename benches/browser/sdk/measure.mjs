// What is measured of one subject, each in a browser context of its own.
import { act, openVisit, settle } from "./visit.mjs";
import { leaveBehind, untilReplayed } from "./leftovers.mjs";
import { openTab } from "./tab.mjs";
import { between, mainThread, on, outstanding, slowestInteraction, tasks, traced, wakeUps } from "./trace.mjs";

/** Events of a flush: as many as weft itself sends together. */
export const BATCH = 200;

const HOUR = 3_600_000;

/** Files of either SDK and of what begins it. */
const isSdk = (address) => /\/(weft|subject)\//.test(address);

/** Batches that are recorded before the browser is asked again: it must answer within three minutes. */
const AT_ONCE = 50;

/** Everything of one subject, once. Virtual time does not go together with a slowed processor. */
export async function measure(world, subject, { slower, events, flushes }) {
  const visited = await visit(world, subject, slower);
  const replaying = await replay(world, subject, slower);
  const recorded = await record(world, subject, { slower, batches: events / BATCH, flushes });
  return { ...visited, ...recorded, tasks: [...visited.tasks, ...replaying] };
}

/** In a tab of its own, which is closed whatever happens. */
async function inTab({ browser }, slower, work) {
  const tab = await openTab(browser, slower);
  try {
    return await work(tab);
  } finally {
    await tab.close();
  }
}

/** A person comes, presses buttons, changes the route, and then does nothing for an hour. */
const visit = (world, subject, slower) =>
  inTab(world, slower, async (tab) => {
    const { site } = world;
    const before = { ...site.sent };
    let lcp;
    const all = await traced(tab, async () => {
      await act(tab, site, subject);
      lcp = await tab.evaluate(() => window.bench.largestPaint());
      if (slower === 1) await settle(tab);
    });
    const thread = mainThread(all, site.origin);
    const events = on(thread, all);
    const sent = { requests: site.sent.requests - before.requests, bytes: site.sent.bytes - before.bytes };
    const heap = await tab.heap();
    const idle = slower === 1 ? await idleHour(tab, thread, events) : undefined;
    return { sent, lcp, inp: slowestInteraction(events), heap, idle, tasks: tasks(events, isSdk) };
  });

/** What the visit has left outstanding, and what wakes its page in the hour that follows. */
async function idleHour(tab, thread, events) {
  const hour = await traced(tab, () => tab.pass(HOUR));
  return { left: outstanding(events), ...wakeUps(on(thread, hour)) };
}

/** Tasks of a visit that finds what an earlier page could not send. */
const replay = (world, subject, slower) =>
  inTab(world, slower, async (tab) => {
    const { site } = world;
    await leaveBehind(tab, site, subject, BATCH);
    const next = await tab.another();
    const all = await traced(next, async () => {
      await act(next, site, subject);
      if (subject === "weft") await untilReplayed(next, site);
    });
    return tasks(on(mainThread(all, site.origin), all), isSdk);
  });

/** Events in a loop, and single flushes. */
const record = (world, subject, { slower, batches, flushes }) =>
  inTab(world, slower, async (tab) => {
    const { site } = world;
    await openVisit(tab, site, subject);
    // What is compiled when it has run often enough is compiled before.
    await tab.evaluate((size) => window.bench.record(10, size), BATCH);
    const [sent, had] = [{ ...site.sent }, await arrived(tab, site, subject)];
    const before = await tab.taskTime();
    for (let done = 0; done < batches; done += AT_ONCE) {
      await tab.evaluate((...much) => window.bench.record(...much), Math.min(AT_ONCE, batches - done), BATCH);
    }
    const [after, events] = [await tab.taskTime(), batches * BATCH];
    const missing = events - ((await arrived(tab, site, subject)) - had);
    // A subject that lost events would be cheap for no merit.
    if (subject !== "none" && missing > 0) throw new Error(`${missing} events of ${subject} did not arrive`);
    const bytes = (site.sent.bytes - sent.bytes) / events;
    const all = await traced(tab, () =>
      tab.evaluate((times, size) => window.bench.flushes(times, size), flushes, BATCH),
    );
    const each = between(on(mainThread(all, site.origin), all), "flush", "flushed");
    return { perEvent: ((after - before) / events) * 1_000, bytes, flush: mean(each.map(({ cpu }) => cpu)) };
  });

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How many events of the subject have arrived so far. */
const arrived = (tab, site, subject) =>
  subject === "weft" ? tab.evaluate(() => window.subject.acknowledged()) : site.sent.spans;
