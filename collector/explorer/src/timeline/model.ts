// A session as it is drawn and walked through: events in the order of their beginnings, and what links to what.
import type { Happened, Link, Timeline } from "../api";
import { lasting } from "../words";
import { IDLE_MS, type Stretch } from "./fold";
import { lanesOf } from "./lanes";

/** A link, seen from one of its ends. */
export interface Seen {
  link: Link;
  /** Whether it leads away from here. */
  isOut: boolean;
  /** The other end: which of the events, if it is one of this session. */
  at: number | undefined;
  other: string;
  session: string | null;
}

/** Everything that a timeline shows. */
export interface Model {
  timeline: Timeline;
  events: Happened[];
  /** What each lane is, in words. */
  lanes: string[];
  byName: Map<string, number>;
  /** Links of each event, those that lead away first. */
  links: Seen[][];
  stretches: Stretch[];
}

/** An event by its ids, as links name it. */
export const nameOf = ({ trace_id, span_id }: Happened): string => `${trace_id}-${span_id}`;

export const model = (timeline: Timeline): Model => {
  const { events } = timeline;
  const byName = new Map(events.map((event, at) => [nameOf(event), at]));
  const links: Seen[][] = events.map(() => []);
  const put = (link: Link, isOut: boolean): void => {
    const here = byName.get(isOut ? link.from : link.to);
    if (here === undefined) return;
    const other = isOut ? link.to : link.from;
    const session = isOut ? link.to_session : link.from_session;
    links[here]?.push({ link, isOut, at: byName.get(other), other, session });
  };
  timeline.links.forEach((link) => put(link, true));
  timeline.links.forEach((link) => put(link, false));
  const stretches = [
    ...events.map((event): Stretch => [event.start_ms, event.start_ms + event.duration_ms]),
    ...timeline.open.flatMap((open): Stretch[] => [
      [open.start_ms, open.start_ms],
      [open.seen_ms, open.seen_ms],
    ]),
  ].sort(([a], [b]) => a - b);
  return { timeline, events, lanes: lanesOf(timeline), byName, links, stretches };
};

/** A few words of an event. */
export const labelOf = ({ label, jump_ms }: Happened): string =>
  jump_ms === null ? label : `clock jumped by ${lasting(Math.abs(jump_ms))}${jump_ms < 0 ? ", back" : ""}`;

/** Whether it happened in another session of the same page. */
export const isOther = ({ timeline }: Model, { session }: Happened): boolean =>
  session !== null && session !== timeline.session.id;

/** The first event behind the next gap. */
export const afterGap = ({ events }: Model, from: number): number | undefined => {
  let end = -Infinity;
  for (let at = 0; at < events.length; at++) {
    const event = events[at];
    if (!event) break;
    if (at > from && event.start_ms - end > IDLE_MS) return at;
    end = Math.max(end, event.start_ms + event.duration_ms);
  }
  return undefined;
};

/** The next event in another lane, the nearest in time; `step`: up or down. */
export const inLane = ({ events }: Model, from: number, step: 1 | -1): number | undefined => {
  const here = events[from];
  if (!here) return undefined;
  let found: number | undefined;
  let best = Infinity;
  events.forEach(({ lane, start_ms }, at) => {
    const far = Math.abs(start_ms - here.start_ms);
    const lanes = (lane - here.lane) * step;
    if (lanes > 0 && lanes * 1e15 + far < best) [found, best] = [at, lanes * 1e15 + far];
  });
  return found;
};

/** What an event is, in words: a mark says it by its shape. */
export const KINDS: Record<Happened["kind"], string> = {
  load: "page load",
  view: "view",
  press: "interaction",
  request: "request",
  server: "backend",
  error: "error",
  vital: "web vital",
  mark: "mark of the SDK",
  jump: "clock jump",
  killed: "killed page",
  span: "span",
  event: "event",
};
