// Whether every event is accounted for, why some were refused, what is full, and how destinations keep up.
import { useEffect, useState } from "preact/hooks";
import type { Counts, Fates, Health as Answer, Ledger, LedgerPage } from "../api";
import { Head, NotIn, Shown, Wide, useData } from "../data";
import type { News } from "../main";
import { bytes, counted, number } from "../words";
import { Blocks } from "./blocks";
import { Destinations } from "./destinations";

export const Health = ({ news }: { news: News }) => {
  const version = news.version + useTicks();
  const ledger = useData<Ledger>("ledger", { ...news, version });
  const health = useData<Answer>("explorer/health", { ...news, version });
  return (
    <>
      <h1>Health</h1>
      <Shown data={ledger}>{(ledger) => <Balance ledger={ledger} />}</Shown>
      <Blocks news={news} />
      <Shown data={health}>
        {(health) => (
          <>
            {health.is_draining && <p role="alert">It is about to go: everything is turned away.</p>}
            <Destinations health={health} />
            <Bounds all={health.bounds} />
            <h2>This page</h2>
            <NotIn kept={health.explorer} />
          </>
        )}
      </Shown>
    </>
  );
};

/** Canaries are nothing new to look at, and what waits grows older by itself. */
const useTicks = (): number => {
  const [ticks, setTicks] = useState(0);
  useEffect(() => {
    const due = setInterval(() => setTicks((before) => before + 1), 10_000);
    return () => clearInterval(due);
  }, []);
  return ticks;
};

const sum = (counts: Counts): number => Object.values(counts).reduce((all, one) => all + one, 0);

const Balance = ({ ledger }: { ledger: Ledger }) => {
  const keys = Object.entries(ledger.keys);
  return (
    <section>
      <h2>The ledger</h2>
      <p>What came in must be what went out, was refused or waits: each line has to add up.</p>
      {keys.length === 0 && <p>Nothing has come yet.</p>}
      {keys.map(([name, page]) => (
        <Key key={name} name={name} page={page} />
      ))}
      <Refusals ledger={ledger} />
    </section>
  );
};

const Key = ({ name, page }: { name: string; page: LedgerPage }) => {
  const { gaps } = page;
  return (
    <article class="key">
      <h3>
        Key {name}, application {page.application}
      </h3>
      <Equation
        left={[["received", page.received]]}
        right={[
          ["accepted", page.accepted],
          ["refused", sum(page.refused)],
          ["being decided", page.in_flight],
        ]}
      />
      {Object.entries(page.destinations).map(([destination, fates]) => (
        <Destination key={destination} name={destination} fates={fates} />
      ))}
      <p class="beside">
        Of what pages numbered, {counted(gaps.not_seen_yet, "event")} not seen yet, {number(gaps.lost_in_browser)} lost
        in the browser. The SDK says that it dropped {number(sum(page.sdk_dropped))}
        {names(page.sdk_dropped)}, and {number(sum(page.sdk_reduced))} by policy{names(page.sdk_reduced)}.
      </p>
    </article>
  );
};

const Destination = ({ name, fates }: { name: string; fates: Fates }) => (
  <>
    <h4>At destination {name}</h4>
    <Equation
      left={[
        ["found at start", fates.recovered],
        ["accepted", fates.accepted],
        ["made here", sum(fates.made_here)],
      ]}
      right={[
        ["delivered", fates.delivered],
        ["rejected there", fates.rejected_by_destination],
        [`dropped${names(fates.dropped)}`, sum(fates.dropped)],
        ["waiting", fates.pending],
      ]}
    />
  </>
);

const names = (counts: Counts): string => {
  const all = Object.entries(counts).map(([name, count]) => `${name} ${number(count)}`);
  return all.length > 0 ? ` (${all.join(", ")})` : "";
};

type Term = [string, number];

const Equation = ({ left, right }: { left: Term[]; right: Term[] }) => {
  const total = (terms: Term[]): number => terms.reduce((all, [, count]) => all + count, 0);
  const isEven = total(left) === total(right);
  const side = (terms: Term[]) =>
    terms.map(([name, count], at) => (
      <span key={name} class="term">
        {at > 0 && <span class="sign">+</span>}
        <b>{number(count)}</b> {name}
      </span>
    ));
  return (
    <p class={isEven ? "equation" : "equation uneven"}>
      {side(left)}
      <span class="sign">=</span>
      {side(right)}
      <span class="verdict">{isEven ? "✓ adds up" : "✗ does not add up: that is a defect, please report it"}</span>
    </p>
  );
};

const Refusals = ({ ledger }: { ledger: Ledger }) => {
  const rows = Object.entries(ledger.keys).flatMap(([key, { refused, bodies_refused }]) => [
    ...Object.entries(refused).map(([why, count]) => [key, why, counted(count, "event")] as const),
    ...Object.entries(bodies_refused).map(([why, count]) => [key, why, counted(count, "request")] as const),
  ]);
  rows.push(
    ...Object.entries(ledger.without_key).map(([why, n]) => ["no known key", why, counted(n, "request")] as const),
  );
  return (
    <>
      <h3>Refused, and why</h3>
      {rows.length === 0 ? (
        <p>Nothing was refused.</p>
      ) : (
        <Wide label="Refused, and why">
          <table>
            <Head columns={["Key", "Reason", { right: "How many" }]} />
            <tbody>
              {rows.map(([key, why, count]) => (
                <tr key={`${key} ${why} ${count}`}>
                  <td>{key}</td>
                  <td>{why.replaceAll("_", " ")}</td>
                  <td class="right">{count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </>
  );
};

const Bounds = ({ all }: { all: Answer["bounds"] }) => (
  <section>
    <h2>What could be full</h2>
    <ul class="bounds">
      {all.map(({ bound, destination, used, most, percent, change }) => (
        <li key={`${bound} ${destination}`}>
          <span>
            <code>{bound}</code>
            {destination && ` of ${destination}`}
          </span>
          <meter min={0} max={most} value={used} high={most * 0.8} aria-label={bound} />
          <span>{`${percent} %, ${bytes(used)} of ${bytes(most)}`}</span>
          {percent >= 80 && <strong>▲ {change}</strong>}
        </li>
      ))}
    </ul>
  </section>
);
