// How full what bounds a key is, and what becomes of what is one too many: said in words before it is.
import type { Fill } from "../api";
import { Head, Wide } from "../data";
import { Part } from "../part";
import { bytes, number } from "../words";

/** So much and more is worth a warning, in percent. */
const NEARLY = 80;

export const Bounds = ({ all }: { all: Fill[] }) => (
  <>
    <Table
      title="Different values today"
      about="Backends pay for what differs. Each day (UTC) begins with none; names and values are counted, not estimated."
      rows={all.filter(({ unit }) => unit === "values" || unit === "attributes")}
    />
    <Table
      title="Limits"
      about="Requests at once, as of now; and bytes of the page that has sent most today."
      rows={all.filter(({ unit }) => unit === "requests" || unit === "bytes")}
    />
  </>
);

/** Those that are worth a warning, where nobody overlooks them. */
export const Nearly = ({ all }: { all: Fill[] }) => {
  const nearly = all.filter(({ percent }) => percent >= NEARLY);
  if (nearly.length === 0) return null;
  return (
    <ul class="nearly">
      {nearly.map((row) => (
        <li key={`${row.bound} ${row.key} ${row.of}`}>
          {`${what(row)} of ${whose(row)}, ${row.percent} % of ${amount(row, row.most)}: ${meaning(row)}`}
        </li>
      ))}
    </ul>
  );
};

const Table = ({ title, about, rows }: { title: string; about: string; rows: Fill[] }) => (
  <section>
    <h2>{title}</h2>
    <p class="beside">{about}</p>
    {rows.length === 0 ? (
      <p>Nothing yet.</p>
    ) : (
      <Wide label={title}>
        <table>
          <Head columns={["Of what", "Key", { right: "Used" }, { right: "At most" }, "How full", "What that means"]} />
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.bound} ${row.key} ${row.of}`}>
                <th scope="row">{what(row)}</th>
                <td>{whose(row)}</td>
                <td class="right">{amount(row, row.used)}</td>
                <td class="right">{amount(row, row.most)}</td>
                <td>
                  <Part some={row.used} of={row.most} />
                </td>
                <td>{meaning(row)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    )}
  </section>
);

const WHAT: Record<string, string> = {
  "distinct.attributes": "names of attributes",
  "values of a key": "values of all attributes",
  burst: "requests of the key at once",
  "rates.burst": "requests at once",
  "rates.page_mib_a_day": "bytes of one page in a day",
};

const what = ({ bound, of }: Fill): string => of ?? WHAT[bound] ?? bound;

const whose = ({ bound, key }: Fill): string =>
  key ?? (bound === "rates.page_mib_a_day" ? "the fullest page" : "all together");

const amount = ({ unit }: Fill, count: number): string => (unit === "bytes" ? bytes(count) : number(count));

const meaning = ({ percent, beyond }: Fill): string => {
  if (percent < NEARLY) return "enough is left";
  return percent < 100 ? `▲ nearly full. Beyond it ${beyond}` : `✗ full: ${beyond}`;
};
