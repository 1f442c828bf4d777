// The browsers of this machine as processes: which program, and its end by force.
import { existsSync } from "node:fs";
import { once } from "node:events";
import { delimiter, join } from "node:path";

/** The first of these programs that this machine has; `cargo xtask setup` installs one. */
export function executable(names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (!found) throw new Error(`there is no ${names[0]} on the search path: run \`cargo xtask setup\``);
  return found;
}

/**
 * Kills a browser and every process it started, all at once: none gets to write a last word. It was started as the
 * leader of a process group, which all of them are in.
 */
export async function kill(child) {
  // Their output is closed when the last of them is gone; whoever starts the browser reads it.
  const gone = once(child, "close");
  process.kill(-child.pid, "SIGKILL");
  await gone;
}

/** What is awaited of a browser that was just started. If it fails, nothing of the browser is left. */
export async function orKill(child, awaited) {
  try {
    return await awaited;
  } catch (error) {
    await kill(child);
    throw error;
  }
}
