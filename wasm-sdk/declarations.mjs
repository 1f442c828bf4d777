// Makes what `tsc` left in dist/types readable for every way to resolve a module: names of files are written out, and
// each declaration is there twice, for `import` and for `require`.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const types = "dist/types";
const names = readdirSync(types, { recursive: true }).filter((name) => name.endsWith(".d.ts"));
for (const name of names) {
  const text = readFileSync(`${types}/${name}`, "utf8");
  const written = (extension) => text.replace(/(from |import\()"(\.[^"]*)"/g, `$1"$2.${extension}"`);
  writeFileSync(`${types}/${name}`, written("js"));
  writeFileSync(`${types}/${name.replace(/\.d\.ts$/, ".d.cts")}`, written("cjs"));
}
