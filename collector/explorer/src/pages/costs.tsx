// What costs most, by what it is called, where it happened, which attribute it carries and whose key it came with.
import type { CostTable, Costs as Answer } from "../api";
import { Head, NotIn, Shown, Wide, useData } from "../data";
import type { News } from "../main";
import { bytes, counted, number } from "../words";

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
      {({ costs, kept }) => (
        <>
          <p>
            {counted(costs.events, "event")} since the collector started: pages sent {bytes(costs.sent_bytes)} for them,
            and as <abbr title="OpenTelemetry's own format, which destinations get; before it is compressed">OTLP</abbr>{" "}
            they are {bytes(costs.exported_bytes)}.
          </p>
          <NotIn kept={kept} />
          {TABLES.map(([name, title]) => (
            <Table key={name} title={title} table={costs[name]} all={costs.exported_bytes} />
          ))}
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
              <tr key={row.name}>
                <th scope="row">{row.name}</th>
                <td class="right">{number(row.events)}</td>
                <td class="right">{bytes(row.bytes)}</td>
                <td>
                  <Part part={row.bytes / Math.max(all, 1)} />
                </td>
              </tr>
            ))}
            {table.others.events > 0 && (
              <tr>
                <th scope="row">all others</th>
                <td class="right">{number(table.others.events)}</td>
                <td class="right">{bytes(table.others.bytes)}</td>
                <td>
                  <Part part={table.others.bytes / Math.max(all, 1)} />
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </Wide>
    )}
  </section>
);

const Part = ({ part }: { part: number }) => (
  <span class="part">
    <svg width="80" height="10" aria-hidden="true">
      <rect class="whole" width="80" height="10" rx="2" />
      <rect class="taken" width={Math.min(part, 1) * 80} height="10" rx="2" />
    </svg>{" "}
    {(part * 100).toFixed(part < 0.1 ? 1 : 0)} %
  </span>
);
