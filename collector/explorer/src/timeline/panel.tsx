// What is known of one event: all it says, what it is linked to and what to it, and itself as OTLP.
import { useState } from "preact/hooks";
import type { Detail, Pair, Session } from "../api";
import { Copy, Shown, useData } from "../data";
import type { News } from "../main";
import { lasting, moment, short } from "../words";
import { Stack } from "./stack";
import { KINDS, type Model, type Seen, isOther, labelOf, nameOf } from "./model";

interface Props {
  model: Model;
  at: number;
  news: News;
  onSelect: (at: number) => void;
  onBefore: () => void;
}

export const Panel = ({ model, at, news, onSelect, onBefore }: Props) => {
  const event = model.events[at];
  const { session } = model.timeline;
  if (!event) return null;
  const path = `${encodeURIComponent(session.application)}/${encodeURIComponent(session.id)}`;
  return (
    <section class="panel" aria-label="The selected event">
      <h2>{labelOf(event)}</h2>
      <p>
        {KINDS[event.kind]} · {moment(event.start_ms)}
        {event.duration_ms > 0 && ` · took ${lasting(event.duration_ms)}`}
        {event.suspended_ms !== null && ` · of which the device slept ${lasting(event.suspended_ms)}`}
        {event.skew_ms !== null &&
          ` · the device's clock was off by ${lasting(Math.abs(event.skew_ms))}, which is corrected`}
        {isOther(model, event) && ` · in session ${short(event.session ?? "")}`}
        {` · in lane ${event.lane + 1}, ${model.lanes[event.lane] ?? "?"}`}
        {event.state !== null && ` · ${event.state}`}
      </p>
      <p class="actions">
        <Copy text={event.trace_id}>Copy trace id</Copy>
        <button type="button" onClick={onBefore}>
          Five minutes before
        </button>
      </p>
      <Links seen={model.links[at] ?? []} model={model} onSelect={onSelect} session={session} />
      <All path={`explorer/sessions/${path}/events/${nameOf(event)}`} news={news} />
    </section>
  );
};

const All = ({ path, news }: { path: string; news: News }) => {
  const [isRaw, setRaw] = useState(false);
  // An event does not change.
  const data = useData<Detail>(path, { ...news, version: 0 });
  return (
    <Shown data={data}>
      {(detail) => (
        <>
          {detail.backend_url !== null && (
            <p>
              <a href={detail.backend_url} target="_blank" rel="noreferrer noopener">
                Open the trace in the backend
              </a>
            </p>
          )}
          {detail.stack !== null && <Stack lines={detail.stack} />}
          <h3>Attributes</h3>
          <Pairs pairs={detail.attributes} />
          <details>
            <summary>Who sent it: {detail.service}</summary>
            <Pairs pairs={detail.resource} />
          </details>
          <details onToggle={(event) => setRaw(event.currentTarget.open)}>
            <summary>As OTLP, as it was exported</summary>
            {isRaw && (
              <pre tabIndex={0} aria-label="OTLP">
                {JSON.stringify(detail.otlp, null, 2)}
              </pre>
            )}
          </details>
        </>
      )}
    </Shown>
  );
};

const Pairs = ({ pairs }: { pairs: Pair[] }) => (
  <dl class="pairs">
    {pairs.map(({ key, value }, at) => (
      <div key={at}>
        <dt>{key}</dt>
        <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
      </div>
    ))}
  </dl>
);

interface LinksProps {
  seen: Seen[];
  model: Model;
  session: Session;
  onSelect: (at: number) => void;
}

const Links = ({ seen, model, session, onSelect }: LinksProps) => (
  <>
    <h3>Links</h3>
    {seen.length === 0 && <p>None, in either direction.</p>}
    <ul class="links">
      {seen.map((one, number) => (
        <li key={number} class={one.link.is_inferred ? "inferred" : "declared"}>
          <span class="direction">{one.isOut ? "→ to" : "← from"}</span>{" "}
          <Other {...{ one, model, session, onSelect }} />{" "}
          <span class="why">
            {one.link.kinds.join(", ")} ·{" "}
            {one.link.is_inferred ? `inferred by the rule ${one.link.rule ?? "?"}` : "declared"}
            {one.link.is_late && ", found late"}
          </span>
        </li>
      ))}
    </ul>
  </>
);

const Other = ({ one, model, session, onSelect }: { one: Seen } & Omit<LinksProps, "seen">) => {
  const event = one.at === undefined ? undefined : model.events[one.at];
  if (event && one.at !== undefined) {
    const at = one.at;
    return (
      <button type="button" class="link" onClick={() => onSelect(at)}>
        {labelOf(event)}
      </button>
    );
  }
  if (one.session === null) return <span>{one.other.slice(0, 8)}…, which is not here any more, or not yet</span>;
  const to = [session.application, one.session, one.other].map(encodeURIComponent).join("/");
  return <a href={`#/session/${to}`}>an event of session {short(one.session)}</a>;
};
