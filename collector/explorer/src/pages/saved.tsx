// What policies have saved, by verb, beside what came and what was lost: nobody is to take a part for the whole.
import type { Saved } from "../api";
import { Head, Wide } from "../data";
import { Part } from "../part";
import { bytes, counted, number } from "../words";

/** What a verb of a policy does. */
const VERBS: Record<string, string> = {
  drop: "drop: left out",
  dedupe: "dedupe: the same again, only counted",
  aggregate: "aggregate: counted among their like",
  sample: "sample: of sessions that are not kept",
  budget: "budget: beyond the bytes of a page or a day",
  off: "off: not recorded at all",
};

export const SavedByPolicy = ({ saved: { rows, accepted, dropped, lost_in_browser } }: { saved: Saved }) => (
  <section>
    <h2>Saved by policy</h2>
    <p class="beside">
      {`Beside ${counted(accepted, "event")} that were accepted. For other reasons SDKs dropped ${number(dropped)}, as they say; ${number(lost_in_browser)} more were numbered and never came.`}
    </p>
    {rows.length === 0 ? (
      <p>Nothing: no policy has left anything out yet.</p>
    ) : (
      <Wide label="Saved by policy">
        <table>
          <Head
            columns={["Verb", "Key", { right: "Events saved" }, { right: "Bytes as OTLP, about" }, "Of all there were"]}
          />
          <tbody>
            {rows.map(({ key, verb, events, bytes: about, accepted: came }) => (
              <tr key={`${key} ${verb}`}>
                <th scope="row">{VERBS[verb] ?? verb}</th>
                <td>{key}</td>
                <td class="right">{number(events)}</td>
                <td class="right">{about === null ? "not known" : bytes(about)}</td>
                <td>
                  <Part some={events} of={came + all(rows, key)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    )}
  </section>
);

const all = (rows: Saved["rows"], of: string): number =>
  rows.filter(({ key }) => key === of).reduce((sum, { events }) => sum + events, 0);
