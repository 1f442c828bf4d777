// How destinations keep up, and whether the collector's own events arrive there.
import type { Health } from "../api";
import { Head, Wide } from "../data";
import { Latency } from "../latency";
import { ago, bytes, counted, lasting, number } from "../words";

type One = Health["destinations"][number];

export const Destinations = ({ health }: { health: Health }) => (
  <section>
    <h2>Destinations</h2>
    <p>
      <Canary {...health} />
    </p>
    {health.destinations.length === 0 ? (
      <p>None is set: events are shown here, and go nowhere.</p>
    ) : (
      <Wide label="Destinations">
        <table>
          <Head
            columns={[
              "Destination",
              "State",
              { right: "Waiting" },
              { right: "Oldest" },
              "Latency",
              "Canary",
              { right: "Requests repeated" },
            ]}
          />
          <tbody>
            {health.destinations.map((one) => (
              <tr key={one.name}>
                <th scope="row">{one.name}</th>
                <td>{state(one)}</td>
                <td class="right">{`${bytes(one.bytes_waiting)} of ${bytes(one.most_bytes)}`}</td>
                <td class="right">{one.oldest_age_ms === null ? "nothing waits" : lasting(one.oldest_age_ms)}</td>
                <td>
                  <Took latency={one.latency} />
                </td>
                <td>{arrived(one, health)}</td>
                <td class="right">{number(one.requests_repeated)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    )}
  </section>
);

const Canary = ({ canary: { every_ms, last_taken_ms, turned_away }, now_ms }: Health) => {
  if (every_ms === 0) return <>No canary is made: canary_seconds is 0.</>;
  const last =
    last_taken_ms === null ? "none has been made yet" : `the last one was made ${ago(last_taken_ms, now_ms)}`;
  return (
    <>
      A <abbr title="an event of the collector's own, called weft.canary">canary</abbr>{" "}
      {`goes the whole way to every destination every ${lasting(every_ms)}: ${last}.`}
      {turned_away > 0 && ` ▲ ${number(turned_away)} were refused: see why in the ledger, key weft-canary.`}
    </>
  );
};

const Took = ({ latency }: { latency: One["latency"] }) => {
  if (latency === null) return <>no request yet</>;
  const of = `the last ${counted(latency.requests, "request")}`;
  return <Latency p50={latency.p50_ms} p95={latency.p95_ms} of={of} />;
};

const state = (one: One): string => {
  if (one.is_misconfigured) return "✗ set up wrongly, by its last answer: see the log";
  if (one.has_given_way) return "✗ fails, its breaker is open: one request at a time is tried";
  return one.events_under_way > 0 ? `${counted(one.events_under_way, "event")} under way` : "✓ has everything";
};

const arrived = ({ canary: { arrived_ms, took_ms, is_late } }: One, { canary, now_ms }: Health): string => {
  if (arrived_ms === null) return is_late ? "✗ none has arrived" : canary.every_ms === 0 ? "none is made" : "none yet";
  const last = `${ago(arrived_ms, now_ms)}, ${lasting(took_ms ?? 0)} after it was made`;
  return is_late ? `✗ late: the last came ${last}` : `✓ ${last}`;
};
