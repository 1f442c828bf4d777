// What costs most, by what it is called, where it happened, which attribute it carries and whose key it came with; what was
// saved, and how full the bounds are.
import type { CostTable, Costs as Answer } from "../api";
import { Head, NotIn, Shown, Wide, useData } from "../data";
import type { News } from "../main";
import { Part } from "../part";
import { bytes, counted, number } from "../words";
import { Bounds, Nearly } from "./bounds";
import { SavedByPolicy } from "./saved";

const TABLES = [
  ["by_name", "By name of the event"],
  ["by_route", "By route"],
  ["by_attribute", "By attribute"],
  ["by_key", "By key"],
] as const;

export const Costs = ({ news }: { news: News }) => (
  <>
    <h1>Costs</h1>
    <Shown data={useData<Answer>("explorer/costs", news)}>
      {({ costs, saved, bounds, kept }) => (
        <>
          <p>
            {counted(costs.events, "event")} since the collector started: pages sent {bytes(costs.sent_bytes)} for them,
            and as <abbr title="OpenTelemetry's own format, which destinations get; before it is compressed">OTLP</abbr>{" "}
            they are {bytes(costs.exported_bytes)}.
          </p>
          <NotIn kept={kept} />
          <Nearly all={bounds} />
          {TABLES.map(([name, title]) => (
            <Table key={name} title={title} table={costs[name]} all={costs.exported_bytes} />
          ))}
          <SavedByPolicy saved={saved} />
          <Bounds all={bounds} />
        </>
      )}
    </Shown>
  </>
);

const Table = ({ title, table, all }: { title: string; table: CostTable; all: number }) => (
  <section>
    <h2>{title}</h2>
    {table.rows.length === 0 ? (
      <p>Nothing yet.</p>
    ) : (
      <Wide label={title}>
        <table>
          <Head columns={["Name", { right: "Events" }, { right: "Bytes as OTLP" }, "Of all"]} />
          <tbody>
            {table.rows.map((row) => (
              <Row key={row.name} {...row} all={all} />
            ))}
            {table.others.events > 0 && <Row name="all others" {...table.others} all={all} />}
          </tbody>
        </table>
      </Wide>
    )}
  </section>
);

const Row = ({ name, events, bytes: some, all }: CostTable["rows"][number] & { all: number }) => (
  <tr>
    <th scope="row">{name}</th>
    <td class="right">{number(events)}</td>
    <td class="right">{bytes(some)}</td>
    <td>
      <Part some={some} of={all} />
    </td>
  </tr>
);
