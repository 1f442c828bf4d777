// Which route asks which backend for what, how long that takes, by what it is known; and what meets nothing, with what to
// do about it.
import type { ConnectionRow, Connections as Answer, Counts, Percentiles } from "../api";
import { type Column, Head, Shown, Wide, useData } from "../data";
import { Latency } from "../latency";
import type { News } from "../main";
import { ago, counted, number } from "../words";

const UNCONNECTED = {
  requests: "Requests of pages that no backend is known to have served",
  backend_roots: "Work of backends that no page is known to have asked for",
  backend_spans_without_parent: "Work of backends whose caller has not come",
  links: "Links that lead to nothing that has come",
} as const;

/** What two ends met by, in words. */
const BY: Record<string, string> = {
  traceparent: "the header traceparent",
  "x-request-id": "one request id (rule request-id)",
  link: "a declared link",
  document: "the document's Server-Timing",
};

/** How it is known which route that was, in words. */
const ROUTES: Record<string, string> = {
  view: "the view that the page says",
  document: "the document that the span says",
  session: "what its session has loaded last: a guess",
};

export const Connections = ({ news }: { news: News }) => (
  <>
    <h1>Connections</h1>
    <Shown data={useData<Answer>("connections", news)}>
      {({ applications }) => {
        const all = Object.entries(applications);
        if (all.length === 0) return <p>Nothing that could be connected has come yet.</p>;
        return all.map(([name, map]) => (
          <section key={name}>
            <h2>Application {name}</h2>
            <Rows title="Connected" rows={map.connections} />
            {Object.entries(UNCONNECTED).map(([list, title]) => (
              <Rows key={list} title={title} rows={map.unconnected[list as keyof typeof UNCONNECTED]} isOptional />
            ))}
          </section>
        ));
      }}
    </Shown>
  </>
);

const Rows = ({ title, rows, isOptional = false }: { title: string; rows: ConnectionRow[]; isOptional?: boolean }) => {
  if (rows.length === 0) return isOptional ? null : <p>Nothing is connected yet.</p>;
  const isConnected = rows.every((row) => !row.cause);
  const columns: Column[] = isConnected
    ? [{ right: "Times" }, { right: "Failed" }, "Request took", "Service took", "Known by"]
    : [{ right: "Times" }, { right: "Failed" }, "Likely cause, and what helps"];
  return (
    <>
      <h3>{title}</h3>
      <Wide label={title}>
        <table>
          <Head columns={["What", ...columns, "Last"]} />
          <tbody>
            {rows.map((row, at) => (
              <tr key={at}>
                <th scope="row">
                  <What row={row} />
                </th>
                <td class="right">{number(row.count)}</td>
                <td class="right">{number(row.errors)}</td>
                {isConnected ? <Edges row={row} /> : <td>{`${row.cause ?? ""} ${row.fix ?? ""}`}</td>}
                <td>{ago(Date.parse(row.last_seen), Date.now())}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
};

const What = ({ row: { route, request, service, name, kind } }: { row: ConnectionRow }) => (
  <>
    {request && <span class="step">{route?.path ?? "unknown route"}</span>}
    {request && <span class="step">{`${request.method} ${request.path} at ${request.host}`}</span>}
    {service && <span class="step">{`${service}${name ? `: ${name}` : ""}`}</span>}
    {kind && <span class="step">{`links of kind ${kind}`}</span>}
  </>
);

/** What leads from the route to the request, and from there to the service: how long each took, and by what it is known. */
const Edges = ({ row: { route, latency, joined_by = {} } }: { row: ConnectionRow }) => (
  <>
    <td>
      <Took took={latency?.request} what="request" />
    </td>
    <td>
      <Took took={latency?.service} what="answer" />
    </td>
    <td>
      <span class="rule">Route: {route ? (ROUTES[route.known_by] ?? route.known_by) : "not known"}</span>
      <span class="rule">Service: {by(joined_by)}</span>
    </td>
  </>
);

const Took = ({ took, what }: { took: Percentiles | undefined; what: string }) =>
  took ? <Latency p50={took.p50_ms} p95={took.p95_ms} of={counted(took.count, what)} /> : <>not known</>;

const by = (joined: Counts): string =>
  Object.entries(joined)
    .map(([name, count]) => `${BY[name] ?? name} (${number(count)})`)
    .join(", ");
