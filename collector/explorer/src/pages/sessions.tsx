// Sessions, the latest active first, and what somebody looks for among them.
import { useState } from "preact/hooks";
import type { Session, Sessions as Answer } from "../api";
import { NotIn, Shown, useData } from "../data";
import type { News } from "../main";
import { ago, bytes, counted, lasting, moment, short } from "../words";
import { First } from "./first";

export const Sessions = ({ news }: { news: News }) => {
  const [wanted, setWanted] = useState("");
  const data = useData<Answer>(`explorer/sessions?q=${encodeURIComponent(wanted)}`, news);
  return (
    <>
      <h1>Sessions</h1>
      <label class="search">
        Search
        <input
          type="search"
          placeholder="session, user, route, error or trace id"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      </label>
      <Shown data={data}>
        {({ sessions, found, kept }) =>
          found === 0 && wanted === "" ? (
            <First news={news} />
          ) : (
            <>
              <p class="beside" role="status">
                {counted(found, "session")}
                {wanted !== "" && " found"}
                {found > sessions.length && `, the latest ${sessions.length} are shown`}
              </p>
              <ul class="cards">
                {sessions.map((session) => (
                  <Card key={`${session.application}/${session.id}`} session={session} />
                ))}
              </ul>
              <NotIn kept={kept} />
            </>
          )
        }
      </Shown>
    </>
  );
};

const Card = ({ session }: { session: Session }) => {
  const last = Date.parse(session.last_event);
  const to = `#/session/${encodeURIComponent(session.application)}/${encodeURIComponent(session.id)}`;
  return (
    <li class={session.error_count > 0 ? "card failed" : "card"}>
      <a href={to}>
        <span class="route">{session.routes[0] ?? session.services[0] ?? "no route known"}</span>{" "}
        <code>{short(session.id)}</code>
      </a>
      <span class="when" title={moment(last)}>
        {ago(last, Date.now())}
      </span>
      <Facts session={session} />
    </li>
  );
};

/** What is known of a session at a glance, each number with its unit and what is missing beside it. */
export const Facts = ({ session }: { session: Session }) => {
  const vitals = Object.entries(session.vitals).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`);
  const facts: [string, string][] = [
    ["Application", session.application],
    ["User", session.users.join(", ")],
    [
      "Pages",
      counted(session.pages, "page") + (session.pages > 1 ? ` in ${counted(session.tabs, "tab")} at most` : ""),
    ],
    ["From first to last event", `${lasting(session.duration_ms)} from first to last`],
    ["Events", counted(session.events, "event") + (session.not_kept > 0 ? `, ${session.not_kept} more not kept` : "")],
    ["Not seen", session.not_seen > 0 ? `${counted(session.not_seen, "event")} not seen` : ""],
    ["Errors", session.error_count > 0 ? `▲ ${counted(session.error_count, "error")}` : "no errors"],
    ["Still open", session.open > 0 ? `${session.open} still open` : ""],
    ["Sent", `${bytes(session.sent_bytes)} sent`],
    ["Web vitals", vitals.join(", ")],
  ];
  return (
    <dl class="facts">
      {facts
        .filter(([, fact]) => fact !== "")
        .map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
    </dl>
  );
};
