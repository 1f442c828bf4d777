// The package as npm would publish it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { lint, packed, typesOf } from "../../tests/packages/packed.mjs";

const directory = process.cwd();
const { exports, sideEffects, dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync("package.json", "utf8"),
);

test("what is packed is what is built, its readme and its licences", () =>
  packed(directory, (_, files) => {
    const inDist = readdirSync("dist", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const built = inDist.map(({ parentPath, name }) => `${parentPath}/${name}`);
    const beside = ["LICENSE-APACHE", "LICENSE-MIT", "NOTICE", "README.md", "package.json"];
    assert.deepEqual(files.sort(), [...built, ...beside].sort());
    assert.ok(built.includes("dist/weft.wasm") && built.includes("dist/weft.wasm.js"), "built by `cargo xtask wasm`");
  }));

test("whoever imports, requires or bundles it finds types that are those of what they get", () =>
  packed(directory, async (tarball) =>
    assert.equal(await typesOf(tarball, "./stub.js", "./script.js", "./weft.wasm"), ""),
  ));

test("there is nothing that a linter of packages would change", async () =>
  assert.deepEqual(await lint(directory), []));

test("it needs no other package, and names files that there are", () => {
  assert.equal(dependencies, undefined);
  for (const peer of Object.keys(peerDependencies)) assert.ok(peerDependenciesMeta[peer].optional, peer);
  const named = JSON.stringify([exports, sideEffects]).match(/\.\/dist\/[^"]+/g);
  for (const file of named) readFileSync(file);
  assert.ok(named.length > 15);
});

test("what is required shares its state as what is imported does", async () => {
  const { createRequire } = await import("node:module");
  const require = createRequire(import.meta.url);
  const [index, full, otel] = ["", "/full", "/otel"].map((entry) => require(`@weft/browser${entry}`));
  assert.equal(index.event, full.event);
  // On a server it registers nothing.
  otel.register();
  assert.deepEqual(Object.keys(otel).sort(), Object.keys(await import("@weft/browser/otel")).sort());
  assert.equal((await import("@weft/browser")).event, (await import("@weft/browser/full")).event);
  assert.deepEqual(Object.keys(index).sort(), Object.keys(await import("@weft/browser")).sort());
});
