// Draws what of a timeline lies in view: lanes, folds, marks by shape, bars by time, arcs from what is selected.
import type { Happened, Hole, Kind, Open } from "../api";
import { counted, lasting } from "../words";
import { type Axis, pieceAt, place } from "./fold";
import { ticks } from "./ticks";
import { type Model, isOther, labelOf } from "./model";
import { mark } from "./marks";

export const TOP = 44;
export const LANE = 56;
const UNDER = 26;

/** What is never hidden by something else at the same place. */
const KINDS_OF_MARKS: Kind[] = ["error", "jump", "killed"];

/** What is drawn, and how much of it is in view. */
export interface View {
  model: Model;
  axis: Axis;
  left: number;
  width: number;
  selected: number | undefined;
  hovered: number | undefined;
}

/** Colours of the page, by what they are for. */
export type Colours = (name: string) => string;

export const heightOf = ({ timeline }: Model): number => TOP + Math.max(timeline.lanes.length, 1) * LANE + UNDER;

export const middle = (lane: number): number => TOP + lane * LANE + LANE / 2 + 6;

export const draw = (context: CanvasRenderingContext2D, view: View, colour: Colours): void => {
  const { model, axis, left, width } = view;
  context.save();
  context.clearRect(0, 0, width, heightOf(model));
  context.translate(-left, 0);
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  lanes(context, view, colour);
  ticks(context, view, colour, heightOf(model));
  model.timeline.open.forEach((one) => open(context, view, colour, one));
  const [from, to] = inView(view);
  const texts = new Map<number, number>();
  const ends = new Map<number, number>();
  for (let at = from; at < to; at++) {
    const event = model.events[at];
    if (!event) break;
    const x = place(axis, event.start_ms);
    const end = event.duration_ms > 0 ? place(axis, event.start_ms + event.duration_ms) : x;
    // What lies on top of another like it changes no pixel that anybody could see.
    const like = KINDS_OF_MARKS.indexOf(event.is_error ? "error" : event.kind) * 1e6 + event.lane;
    if (end < (ends.get(like) ?? -Infinity) + 1.5 && at !== view.selected && at !== view.hovered) continue;
    ends.set(like, end);
    if (isNear(view, x, end)) one(context, view, colour, event, [x, end], at, texts);
  }
  model.timeline.holes.forEach((one) => hole(context, view, colour, one));
  arcs(context, view, colour);
  context.restore();
};

const isNear = ({ left, width }: View, x: number, until = x): boolean => until > left - 200 && x < left + width + 200;

/** Which events may be seen. What began long before may still last: those are few, and looked at all the same. */
export const inView = ({ model: { events }, axis, left, width }: View): [number, number] => {
  const first = (x: number): number => {
    let [low, high] = [0, events.length];
    while (low < high) {
      const half = (low + high) >> 1;
      if (place(axis, events[half]?.start_ms ?? 0) < x) low = half + 1;
      else high = half;
    }
    return low;
  };
  return [Math.max(first(left - 200) - 200, 0), first(left + width + 200)];
};

const lanes = (context: CanvasRenderingContext2D, { model, left, width }: View, colour: Colours): void => {
  model.lanes.forEach((words, at) => {
    context.fillStyle = colour(at % 2 === 0 ? "lane" : "page");
    context.fillRect(left, TOP + at * LANE, width, LANE);
    context.fillStyle = colour("faint");
    context.fillText(model.lanes.length > 1 ? `${at + 1}: ${words}` : words, left + 6, TOP + at * LANE + 10);
  });
};

const one = (
  context: CanvasRenderingContext2D,
  view: View,
  colour: Colours,
  event: Happened,
  [x, end]: [number, number],
  at: number,
  texts: Map<number, number>,
): void => {
  const y = middle(event.lane);
  const strength = isOther(view.model, event) ? 0.55 : 1;
  context.globalAlpha = strength;
  context.fillStyle = context.strokeStyle = colour(event.is_error ? "error" : event.kind);
  if (event.duration_ms > 0) {
    context.globalAlpha = 0.45 * strength;
    context.fillRect(x, y - 5, Math.max(end - x, 3), 10);
    context.globalAlpha = strength;
    context.strokeRect(x, y - 5, Math.max(end - x, 3), 10);
    if (event.suspended_ms) {
      context.fillStyle = colour("text");
      context.fillText(`slept ${lasting(event.suspended_ms)}`, x + 4, y - 12);
    }
  }
  if (event.kind === "jump") line(context, colour("jump"), x, TOP, heightOf(view.model) - UNDER);
  mark(context, event.is_error ? "error" : event.kind, x, y);
  context.globalAlpha = 1;
  if (at === view.selected || at === view.hovered) {
    context.strokeStyle = colour("focus");
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 11, 0, 2 * Math.PI);
    context.stroke();
    context.lineWidth = 1;
  }
  label(context, view, colour, event, x, at, texts);
};

/** A few words under a mark, where there is room before the next fold. */
const label = (
  context: CanvasRenderingContext2D,
  { axis, selected, model }: View,
  colour: Colours,
  event: Happened,
  x: number,
  at: number,
  texts: Map<number, number>,
): void => {
  const free = texts.get(event.lane) ?? -Infinity;
  // To measure a text costs more than to draw a mark.
  if (x - 6 < free && at !== selected && event.kind !== "jump") return;
  const words = labelOf(event);
  const text = words.length > 28 ? `${words.slice(0, 27)}…` : words;
  const wide = context.measureText(text).width;
  const piece = pieceAt(axis, x);
  const [from, to] = [piece?.left ?? 0, piece === axis.pieces.at(-1) ? axis.width : (piece?.right ?? axis.width)];
  const left = Math.max(Math.min(x - 6, to - wide - 4), from + 2);
  if (event.kind === "jump") {
    context.fillText(text, Math.min(x + 4, axis.width - wide - 4), heightOf(model) - UNDER + 14);
  }
  if (left < free && at !== selected) return;
  context.fillStyle = colour(at === selected ? "text" : "faint");
  context.fillText(text, left, middle(event.lane) + 17);
  texts.set(event.lane, left + wide + 8);
};

const line = (context: CanvasRenderingContext2D, style: string, x: number, from: number, to: number): void => {
  context.strokeStyle = style;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(x, from);
  context.lineTo(x, to);
  context.stroke();
  context.setLineDash([]);
};

/** What has not ended: until it was last seen, and open from there. */
const open = (
  context: CanvasRenderingContext2D,
  view: View,
  colour: Colours,
  { name, lane, start_ms, seen_ms, state }: Open,
): void => {
  const [x, seen, end] = [place(view.axis, start_ms), place(view.axis, seen_ms), view.axis.width - 4];
  const y = middle(lane) - 15;
  context.strokeStyle = context.fillStyle = colour("open");
  context.globalAlpha = 0.4;
  context.fillRect(x, y - 4, Math.max(seen - x, 3), 8);
  context.globalAlpha = 1;
  line(context, colour("open"), seen, y - 4, y + 4);
  context.setLineDash([6, 4]);
  context.beginPath();
  for (const at of [y - 4, y + 4]) {
    context.moveTo(Math.max(seen, x + 3), at);
    context.lineTo(end, at);
  }
  context.stroke();
  context.setLineDash([]);
  const text = `${name || "something"} is still open, last seen ${state}`;
  context.fillText(text, Math.max(Math.min(x + 4, end - context.measureText(text).width), 4), y - 11);
};

const hole = (
  context: CanvasRenderingContext2D,
  view: View,
  colour: Colours,
  { lane, after_ms, count }: Hole,
): void => {
  const x = place(view.axis, after_ms) + 14;
  if (!isNear(view, x)) return;
  const y = middle(lane);
  context.strokeStyle = colour("error");
  context.setLineDash([3, 2]);
  context.strokeRect(x, y - 9, 16, 18);
  context.setLineDash([]);
  context.fillStyle = colour("text");
  context.fillText(`${counted(count, "event")} not seen`, x - 4, y - 17);
};

/** Causes and what rules found are always there, faintly; of what is selected, everything. */
const arcs = (context: CanvasRenderingContext2D, view: View, colour: Colours): void => {
  const { model, selected, axis } = view;
  const [from, to] = inView(view);
  for (let at = from; at < to; at++) {
    for (const { link, isOut, at: other } of model.links[at] ?? []) {
      const isSelected = at === selected || other === selected;
      const always = link.is_inferred || link.kinds.includes("cause");
      if (other === undefined || !isOut || !(isSelected || always)) continue;
      arc(context, axis, model.events[at], model.events[other], link.is_inferred, colour(isSelected ? "focus" : "arc"));
    }
  }
};

const arc = (
  context: CanvasRenderingContext2D,
  axis: Axis,
  from: Happened | undefined,
  to: Happened | undefined,
  isDashed: boolean,
  style: string,
): void => {
  if (!from || !to) return;
  const [x, y] = [place(axis, from.start_ms), middle(from.lane)];
  const [toX, toY] = [place(axis, to.start_ms), middle(to.lane)];
  const high = Math.min(18 + Math.abs(x - toX) / 8, 34);
  context.strokeStyle = context.fillStyle = style;
  context.setLineDash(isDashed ? [5, 4] : []);
  context.beginPath();
  context.moveTo(x, y - 7);
  context.quadraticCurveTo((x + toX) / 2, Math.min(y, toY) - high, toX, toY - 9);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(toX, toY - 7);
  context.lineTo(toX - 4, toY - 14);
  context.lineTo(toX + 4, toY - 14);
  context.fill();
};
