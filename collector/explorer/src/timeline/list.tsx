// The events of a session as a list: what the picture shows, for the keyboard and for whoever hears pages. Of fifty thousand
// rows only those in view are there.
import { useEffect, useRef, useState } from "preact/hooks";
import { clock, day, lasting, short } from "../words";
import { KINDS, type Model, isOther, labelOf } from "./model";

const ROW = 30;
const SHOWN = 24;

interface Props {
  model: Model;
  selected: number | undefined;
  onSelect: (at: number) => void;
}

export const List = ({ model, selected, onSelect }: Props) => {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const { events } = model;
  useEffect(() => {
    const list = box.current;
    if (!list || selected === undefined) return;
    const [from, to] = [selected * ROW, (selected + 1) * ROW];
    if (from < list.scrollTop) list.scrollTop = from;
    else if (to > list.scrollTop + list.clientHeight) list.scrollTop = to - list.clientHeight;
  }, [selected, model]);
  const first = Math.max(Math.floor(top / ROW) - 6, 0);
  const rows = new Set(Array.from({ length: SHOWN }, (_, at) => first + at));
  // What has the focus is always there.
  if (selected !== undefined) rows.add(selected);
  return (
    <div
      class="list"
      ref={box}
      role="listbox"
      aria-label="Events, in the order of their beginnings"
      tabIndex={0}
      aria-activedescendant={selected === undefined ? undefined : `event-${selected}`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div role="presentation" class="rows" style={{ height: `${events.length * ROW}px` }}>
        {[...rows]
          .filter((at) => at < events.length)
          .sort((a, b) => a - b)
          .map((at) => (
            <Row key={at} {...{ model, at, isSelected: at === selected, onSelect }} />
          ))}
      </div>
    </div>
  );
};

interface RowProps {
  model: Model;
  at: number;
  isSelected: boolean;
  onSelect: (at: number) => void;
}

const Row = ({ model, at, isSelected, onSelect }: RowProps) => {
  const { events } = model;
  const [event, before] = [events[at], events[at - 1]];
  if (!event) return null;
  const idle = before ? event.start_ms - before.start_ms - before.duration_ms : 0;
  return (
    <div
      id={`event-${at}`}
      class={`row ${event.is_error ? "error" : event.kind}`}
      role="option"
      aria-selected={isSelected}
      aria-posinset={at + 1}
      aria-setsize={events.length}
      style={{ top: `${at * ROW}px` }}
      onClick={() => onSelect(at)}
    >
      <span class="at" title={day(event.start_ms)}>
        {clock(event.start_ms)}
      </span>
      <span class="kind">{event.is_error ? `▲ ${KINDS[event.kind]}` : KINDS[event.kind]}</span>
      <span class="words">{labelOf(event)}</span>
      {isOther(model, event) && <span class="other">session {short(event.session ?? "")}</span>}
      <span class="long">{event.duration_ms > 0 ? lasting(event.duration_ms) : ""}</span>
      <span class="idle">{idle > 1_000 ? `+ ${lasting(idle)}` : ""}</span>
    </div>
  );
};
