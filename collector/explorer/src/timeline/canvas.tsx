// The picture of a session: scrolled by the browser, drawn once a frame at most, pressed by whoever has a pointer. Everything
// in it is in the list beside it, too, for whoever has none.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type View, draw, heightOf, inView, middle } from "./draw";
import { fold, place } from "./fold";
import { counted } from "../words";
import type { Model } from "./model";

/** What is asked to be in view: the end of a stretch of time, and how long before it. */
export interface Wanted {
  until: number;
  before: number;
}

interface Props {
  model: Model;
  selected: number | undefined;
  zoom: number;
  wanted: Wanted | undefined;
  onSelect: (at: number) => void;
}

/** Browsers make nothing wider. */
const WIDEST = 8_000_000;

export const Canvas = ({ model, selected, zoom, wanted, onSelect }: Props) => {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(600);
  const [hovered, setHovered] = useState<number>();
  const axis = useMemo(() => fold(model.stretches, width, zoom), [model, width, zoom]);
  const height = heightOf(model);
  const view = useRef<View>({ model, axis, left: 0, width, selected, hovered });
  view.current = { model, axis, left: frame.current?.scrollLeft ?? 0, width, selected, hovered };

  useEffect(() => watchWidth(frame.current, setWidth), []);
  useEffect(() => paintWhenNeeded(frame.current, canvas.current, view), []);
  useEffect(() => void frame.current?.dispatchEvent(new Event("scroll")), [model, axis, selected, hovered, height]);
  useEffect(() => {
    const event = selected === undefined ? undefined : model.events[selected];
    if (frame.current && event) bring(frame.current, place(axis, event.start_ms), width);
  }, [selected, axis]);
  useEffect(() => {
    if (frame.current && wanted) frame.current.scrollLeft = place(axis, wanted.until - wanted.before) - 20;
  }, [wanted]);

  const at = (event: MouseEvent): number | undefined => {
    const box = canvas.current?.getBoundingClientRect();
    return box && nearest(view.current, event.clientX - box.left + view.current.left, event.clientY - box.top);
  };
  const press = (event: MouseEvent): void => {
    const found = at(event);
    if (found !== undefined) onSelect(found);
  };
  return (
    <div
      class="frame"
      ref={frame}
      onClick={press}
      onMouseMove={(event) => setHovered(at(event))}
      onMouseLeave={() => setHovered(undefined)}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${counted(model.events.length, "event")} in ${counted(model.lanes.length, "lane")}; all of it is listed below`}
      />
      <div class="spacer" style={{ width: `${Math.min(axis.width, WIDEST)}px` }} />
      {hovered !== undefined && <Hint model={model} at={hovered} />}
    </div>
  );
};

/** What is under the pointer: its words, and by which rules it is linked. */
const Hint = ({ model, at }: { model: Model; at: number }) => {
  const event = model.events[at];
  const rules = (model.links[at] ?? []).filter(({ link }) => link.is_inferred).map(({ link }) => link.rule ?? "?");
  return (
    <p class="hint" aria-hidden="true">
      {event?.label}
      {rules.length > 0 && ` · linked by the rule ${[...new Set(rules)].join(", ")}`}
    </p>
  );
};

const watchWidth = (frame: HTMLDivElement | null, set: (width: number) => void): (() => void) | undefined => {
  if (!frame) return undefined;
  const watcher = new ResizeObserver(() => set(Math.max(frame.clientWidth, 200)));
  watcher.observe(frame);
  return () => watcher.disconnect();
};

const paintWhenNeeded = (
  frame: HTMLDivElement | null,
  canvas: HTMLCanvasElement | null,
  view: { current: View },
): (() => void) | undefined => {
  const context = canvas?.getContext("2d");
  if (!frame || !canvas || !context) return undefined;
  let asked = 0;
  const paint = (): void => {
    asked = 0;
    const [width, height, ratio] = [view.current.width, heightOf(view.current.model), devicePixelRatio || 1];
    view.current.left = frame.scrollLeft;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      frame.style.height = `${height + 20}px`;
    }
    const style = getComputedStyle(frame);
    const known = new Map<string, string>();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(context, view.current, (name) => {
      const found = known.get(name) ?? style.getPropertyValue(`--${name}`);
      known.set(name, found);
      return found;
    });
  };
  const ask = (): void => {
    asked ||= requestAnimationFrame(paint);
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  frame.addEventListener("scroll", ask, { passive: true });
  dark.addEventListener("change", ask);
  ask();
  return () => {
    cancelAnimationFrame(asked);
    dark.removeEventListener("change", ask);
  };
};

/** Scrolls as little as it takes to see `x`. */
const bring = (frame: HTMLDivElement, x: number, width: number): void => {
  if (x < frame.scrollLeft + 30) frame.scrollLeft = x - 60;
  else if (x > frame.scrollLeft + width - 60) frame.scrollLeft = x - width + 160;
};

/** The event whose mark or bar is nearest, if any is near. */
const nearest = (view: View, x: number, y: number): number | undefined => {
  const { model, axis } = view;
  let found: number | undefined;
  let best = 14;
  const [first, last] = inView(view);
  for (let at = first; at < last; at++) {
    const event = model.events[at];
    if (!event || Math.abs(middle(event.lane) - y) > 22) continue;
    const from = place(axis, event.start_ms);
    const to = place(axis, event.start_ms + event.duration_ms);
    const far = x < from ? from - x : x > to ? x - to : Math.min(x - from, 10);
    if (far < best) [found, best] = [at, far];
  }
  return found;
};
