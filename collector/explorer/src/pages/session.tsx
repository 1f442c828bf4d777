// One session: its picture, its events, and what is known of the one that is selected.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Timeline } from "../api";
import { Shown, useData } from "../data";
import type { News } from "../main";
import { Canvas, type Wanted } from "../timeline/canvas";
import { LaneNames, Legend } from "../timeline/legend";
import { List } from "../timeline/list";
import { type Model, afterGap, inLane, model as modelOf } from "../timeline/model";
import { Panel } from "../timeline/panel";
import { Unfinished } from "../timeline/unfinished";
import { short } from "../words";
import { Facts } from "./sessions";

interface Props {
  application: string;
  id: string;
  event: string | undefined;
  news: News;
}

export const Session = ({ application, id, event, news }: Props) => {
  const path = `explorer/sessions/${encodeURIComponent(application)}/${encodeURIComponent(id)}`;
  const [isAlone, setAlone] = useState(false);
  const [isLarge, setLarge] = useState(false);
  const version = useSeldom(news.version, isLarge ? 15_000 : 0);
  const data = useData<Timeline>(isAlone ? `${path}?alone` : path, { ...news, version });
  useEffect(() => setLarge((data.answer?.events.length ?? 0) > LARGE), [data.answer]);
  return (
    <>
      <h1>
        Session <code>{short(id)}</code>
      </h1>
      <label class="alone">
        <input type="checkbox" checked={isAlone} onChange={(event) => setAlone(event.currentTarget.checked)} /> Only
        this session, not what happened in its pages before and after it
      </label>
      <Shown data={data}>{(timeline) => <Whole timeline={timeline} event={event} news={news} />}</Shown>
    </>
  );
};

/** So many events are not asked for again with everything new. */
const LARGE = 5_000;

/** A value that changes at most every so many milliseconds. */
const useSeldom = (value: number, every: number): number => {
  const [known, setKnown] = useState(value);
  useEffect(() => {
    if (every === 0) setKnown(value);
    if (every === 0 || known === value) return undefined;
    const due = setTimeout(() => setKnown(value), every);
    return () => clearTimeout(due);
    // Not started again by what comes meanwhile.
  }, [every, known === value, every === 0 && value]);
  return known;
};

const FIVE_MINUTES = 300_000;

const Whole = ({ timeline, event, news }: { timeline: Timeline; event: string | undefined; news: News }) => {
  const model = useMemo(() => modelOf(timeline), [timeline]);
  const [name, setName] = useState(event);
  const [zoom, setZoom] = useState(1);
  const [wanted, setWanted] = useState<Wanted>();
  useEffect(() => setName(event), [event]);
  const selected = name === undefined ? undefined : model.byName.get(name);
  const select = (at: number | undefined): void => {
    const found = at === undefined ? undefined : model.events[at];
    if (found) setName(`${found.trace_id}-${found.span_id}`);
  };
  const before = (): void => {
    const found = selected === undefined ? undefined : model.events[selected];
    if (!found) return;
    const from = found.start_ms - FIVE_MINUTES;
    select(model.events.findIndex((other) => other.start_ms >= from));
    setWanted({ until: found.start_ms, before: FIVE_MINUTES });
  };
  const { previous_id, application } = timeline.session;
  return (
    <>
      <Facts session={timeline.session} />
      {previous_id !== null && (
        <p>
          It follows on{" "}
          <a href={`#/session/${encodeURIComponent(application)}/${encodeURIComponent(previous_id)}`}>
            session {short(previous_id)}
          </a>
          .
        </p>
      )}
      <div
        class="timeline"
        role="group"
        aria-label="Timeline"
        onKeyDown={(event) => walk(event, model, selected, select)}
      >
        <Tools zoom={zoom} onZoom={setZoom} />
        <Canvas {...{ model, selected, zoom, wanted, onSelect: select }} />
        <Unfinished timeline={timeline} />
        <LaneNames lanes={model.lanes} />
        <Legend />
        <div class="beside-each-other">
          <List {...{ model, selected, onSelect: select }} />
          {selected === undefined ? (
            <section class="panel" aria-label="The selected event">
              <p>Select an event: press its mark or its line, or walk with the arrow keys.</p>
            </section>
          ) : (
            <Panel {...{ model, at: selected, news, onSelect: select, onBefore: before }} />
          )}
        </div>
      </div>
    </>
  );
};

const Tools = ({ zoom, onZoom }: { zoom: number; onZoom: (zoom: number) => void }) => (
  <p class="actions">
    <button type="button" onClick={() => onZoom(zoom * 2)}>
      Wider
    </button>
    <button type="button" onClick={() => onZoom(zoom / 2)} disabled={zoom <= 1 / 64}>
      Narrower
    </button>
    <button type="button" onClick={() => onZoom(1)}>
      All
    </button>
    <span class="keys">
      <kbd>←</kbd> <kbd>→</kbd> walk, <kbd>↑</kbd> <kbd>↓</kbd> change lanes, <kbd>l</kbd> follows a link, <kbd>g</kbd>{" "}
      goes behind the next gap
    </span>
  </p>
);

/** Keys count only while the focus is within the timeline. */
const walk = (
  event: KeyboardEvent,
  model: Model,
  selected: number | undefined,
  select: (at: number | undefined) => void,
): void => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const last = model.events.length - 1;
  const at = selected ?? -1;
  const steps: Record<string, () => number | undefined> = {
    ArrowRight: () => Math.min(at + 1, last),
    ArrowLeft: () => Math.max(at - 1, 0),
    ArrowDown: () => inLane(model, at, 1) ?? at,
    ArrowUp: () => inLane(model, at, -1) ?? at,
    Home: () => 0,
    End: () => last,
    l: () => model.links[at]?.find((seen) => seen.at !== undefined)?.at,
    g: () => afterGap(model, at),
  };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  select(step());
};
