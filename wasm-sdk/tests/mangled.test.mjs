// Names that the build shortens are known to nobody but this package: what is stored, sent, shared between copies or
// seen by a page keeps its name, and so does everything that belongs to the browser.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const mangled = JSON.parse(readFileSync("mangled.json", "utf8"));
const names = Object.keys(mangled);
const source = (file) => readFileSync(`js/${file}.ts`, "utf8").replace(/\/\*.*?\*\/|\/\/.*?$/gms, "");

/** Where it is declared what leaves this package, and how that is called there. */
const SEEN = {
  journal: ["StoredBatch", "StoredPage"],
  session: ["Session"],
  arrival: ["Trail"],
  wasm: ["Begin", "Finish", "Long", "Link", "SessionFrame", "Sealed"],
  event: ["Cause", "Known", "Recorded"],
  stats: ["Stats"],
  options: ["Options"],
  span: ["Reference", "Span", "LongSpan"],
  causes: ["Followed"],
  early: ["Early"],
  handle: ["Handle"],
  registry: ["Registry"],
};

const propertiesOf = (file, name) => {
  const body = new RegExp(`interface ${name} [^{]*{\\n(.*?)\\n}`, "s").exec(source(file));
  assert.ok(body, `${file}.ts declares ${name}`);
  return [...body[1].matchAll(/^ {2}(?:readonly )?(\w+)[?(:<]/gm)].map(([, property]) => property);
};

test("what leaves this package keeps its names", () => {
  const seen = Object.entries(SEEN).flatMap(([file, types]) => types.flatMap((name) => propertiesOf(file, name)));
  assert.ok(seen.length > 80, "they are found");
  assert.deepEqual(
    seen.filter((name) => name in mangled),
    [],
  );
});

test("what belongs to the browser keeps its names", () => {
  const compilers = new URL("../../node_modules/@typescript/", import.meta.url);
  const libraries = readdirSync(compilers).map((name) => new URL(`${name}/lib/`, compilers));
  const browsers = new Set();
  for (const library of libraries) {
    for (const file of readdirSync(library).filter((name) => /^lib\..*d\.ts$/.test(name))) {
      const declared = readFileSync(new URL(file, library), "utf8");
      for (const [, name] of declared.matchAll(/^\s+(?:readonly |get |set )*"?(\w+)"?\??\s*[(<:]/gm))
        browsers.add(name);
    }
  }
  assert.ok(browsers.has("addEventListener") && browsers.has("findLast"), "they are found");
  assert.deepEqual(
    names.filter((name) => browsers.has(name)),
    [],
  );
});

test("no two names become one", () => {
  const short = Object.values(mangled);
  assert.equal(new Set(short).size, short.length);
  const sources = readdirSync("js", { recursive: true }).filter((name) => name.endsWith(".ts"));
  const used = new Set(sources.flatMap((name) => source(name.slice(0, -3)).match(/(?<=\.)\w+\b|\b\w+(?=\??:)/g)));
  assert.deepEqual(
    short.filter((name) => used.has(name)),
    [],
  );
});
