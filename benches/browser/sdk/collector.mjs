// The real `weft`, with a spool of its own, until it is stopped.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import readline from "node:readline";

/** Starts `program` for pages of `origin`; it exports to there too. `folder` is its own. */
export async function startCollector(program, origin, folder) {
  const config = join(folder, "weft.toml");
  await writeFile(config, settings(origin, join(folder, "spool")));
  const child = spawn(program, ["run", "--config", config], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  const lines = readline.createInterface({ input: child.stdout });
  const told = new Promise((resolve) => {
    lines.on("line", (line) => line.startsWith("weft: ingest ") && resolve(line.split(" ").at(-1)));
  });
  const address = await Promise.race([told, ended.then(() => undefined)]);
  if (!address) throw new Error(`${program} ended before it said where it listens`);
  return { address, stop };
}

const settings = (origin, data) => `
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
data = ${JSON.stringify(data)}
[keys.bench]
kind = "browser"
key = "pk_bench"
application = "bench"
service = "bench"
origins = [${JSON.stringify(origin)}]
requests_per_second = 100000
burst = 100000
[export.main]
endpoint = ${JSON.stringify(origin)}
`;
