// Addresses of which nothing new is taken for a while, why, and a button that ends it.
import { useState } from "preact/hooks";
import type { Block } from "../api";
import { NeedsToken, order } from "../ask";
import { Head, Shown, Wide, useData } from "../data";
import type { News } from "../main";
import { counted, lasting, number } from "../words";

export const Blocks = ({ news }: { news: News }) => {
  const [lifted, setLifted] = useState(0);
  const data = useData<{ blocks: Block[] }>("blocks", { ...news, version: news.version + lifted });
  const [failed, setFailed] = useState("");
  const lift = (block: Block): void => {
    order("blocks/lift", { "weft-lift": String(block.number) })
      .then(
        () => setFailed(""),
        (error: unknown) => {
          if (error instanceof NeedsToken) news.onNeedsToken();
          else setFailed(String(error instanceof Error ? error.message : error));
        },
      )
      .then(() => setLifted((count) => count + 1));
  };
  return (
    <section>
      <h2>Blocked addresses</h2>
      <p>
        Who goes on although it is refused is blocked for the key it uses. Nothing new is taken from there for a while;
        pages that were here before go on.
      </p>
      {failed && <p role="alert">{failed}</p>}
      <Shown data={data}>
        {({ blocks }) => (blocks.length === 0 ? <p>Nobody is blocked.</p> : <Table blocks={blocks} lift={lift} />)}
      </Shown>
    </section>
  );
};

const Table = ({ blocks, lift }: { blocks: Block[]; lift: (block: Block) => void }) => (
  <Wide label="Blocked addresses">
    <table>
      <Head columns={["Address", "Key", "Why", { right: "Turned away since" }, "Ends", "End it"]} />
      <tbody>
        {blocks.map((block) => (
          <tr key={block.number}>
            <th scope="row">{block.address}</th>
            <td>{block.key ?? "keys that there are not"}</td>
            <td>{`refused ${counted(block.refused, "time")} in a minute, mostly ${block.reason.replaceAll("_", " ")}`}</td>
            <td class="right">{number(block.turned_away)}</td>
            <td>{`in ${lasting(Math.max(0, block.until_ms - Date.now()))}`}</td>
            <td>
              <button type="button" onClick={() => lift(block)} aria-label={`Lift the block of ${block.address}`}>
                Lift
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Wide>
);
