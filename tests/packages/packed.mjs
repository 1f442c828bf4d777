// Looks at a package as npm would publish it: what is in it, and whether its types and entries are what its users'
// tools take them for.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const run = promisify(execFile);

/** Packs the package in `directory` and shows `look` its tarball and the names of the files in it. */
export const packed = async (directory, look) => {
  const into = await mkdtemp(join(tmpdir(), "weft-packed-"));
  try {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", into], { cwd: directory });
    const [{ filename, files }] = Object.values(JSON.parse(stdout));
    return await look(
      join(into, filename),
      files.map(({ path }) => path),
    );
  } finally {
    await rm(into, { recursive: true });
  }
};

/** What publint finds. */
export const lint = async (directory) => {
  const { messages, pkg } = await publint({ pkgDir: directory, strict: true });
  return messages.map((message) => formatMessage(message, pkg));
};

/** What is wrong with its types for those who import it, those who require it, and bundlers; empty: nothing. */
export const typesOf = async (tarball, ...withoutTypes) => {
  const attw = ["--no-install", "attw", tarball, "--profile", "node16", "--format", "ascii", "--no-color"];
  const without = withoutTypes.length > 0 ? ["--exclude-entrypoints", ...withoutTypes] : [];
  const failed = ({ stdout, stderr }) => stdout + stderr;
  return run("npx", [...attw, ...without]).then(() => "", failed);
};
