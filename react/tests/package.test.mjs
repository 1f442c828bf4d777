// The package as npm would publish it, and on a server.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { lint, packed, typesOf } from "../../tests/packages/packed.mjs";

const directory = process.cwd();
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));

test("what is packed is what is built, its readme and its licences", () =>
  packed(directory, (_, files) => {
    const inDist = readdirSync("dist", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const built = inDist.map(({ parentPath, name }) => `${parentPath}/${name}`);
    const beside = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"];
    assert.deepEqual(files.sort(), [...built, ...beside].sort());
    assert.ok(built.includes("dist/next.cjs") && dependencies === undefined);
  }));

test("whoever imports, requires or bundles it finds types that are those of what they get", () =>
  packed(directory, async (tarball) => assert.equal(await typesOf(tarball), "")));

test("there is nothing that a linter of packages would change", async () =>
  assert.deepEqual(await lint(directory), []));

test("all of it is for clients, and says so first", () => {
  const scripts = readdirSync("dist").filter((name) => /\.c?js$/.test(name));
  for (const name of scripts) assert.match(readFileSync(`dist/${name}`, "utf8"), /^"use client";/, name);
  assert.ok(scripts.length >= 6);
});

test("on a server components render their children, and nothing is recorded", async () => {
  const require = createRequire(import.meta.url);
  for (const react of [await import("@weft/react"), require("@weft/react")]) {
    const { ErrorBoundary, SlowCommits, useEvent } = react;
    const Bought = () => createElement("button", { onClick: useEvent("bought") }, "Buy");
    const inside = createElement(SlowCommits, { name: "cart" }, createElement(Bought));
    const html = renderToString(createElement(ErrorBoundary, { fallback: "failed" }, inside));
    assert.equal(html, "<button>Buy</button>");
  }
  assert.equal(typeof globalThis.window, "undefined");
});
