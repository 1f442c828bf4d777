// Nothing has come yet: the line that a page needs. What comes then takes the place of this by itself.
import type { Paste } from "../api";
import { Copy, Shown, useData } from "../data";
import type { News } from "../main";

export const First = ({ news }: { news: News }) => (
  <section class="first">
    <h2>Nothing has come yet</h2>
    <Shown data={useData<Paste>("explorer/paste", news)}>
      {({ keys, endpoint, sdk }) =>
        keys.length === 0 ? (
          <p>
            No key for pages is set. Add a table [keys.NAME] of kind "browser" to the settings, with the page's origin.
          </p>
        ) : (
          keys.map(({ name, key, origins }) => {
            const line = tag(sdk ?? "/weft/index.js", key, endpoint);
            return (
              <div key={name}>
                <p>
                  Put this into a page of {origins.join(" or ") || "any origin that the key allows"} (key {name}):
                </p>
                <pre tabIndex={0} aria-label="The line to paste">
                  <code>{line}</code>
                </pre>
                <Copy text={line}>Copy it</Copy>
              </div>
            );
          })
        )
      }
    </Shown>
    <p>This page fills by itself as soon as the first event comes.</p>
  </section>
);

/** With the sequence that ends a script written so that it does not. */
const tag = (sdk: string, key: string, endpoint: string): string =>
  `<script type="module">
  import { init } from ${JSON.stringify(sdk)};
  init({ key: ${JSON.stringify(key)}, endpoint: ${JSON.stringify(endpoint)} });
</script>`;
