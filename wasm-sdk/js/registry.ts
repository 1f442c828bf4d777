// Several copies of this package may be in one page: the first one records, the others hand their calls to it. Another
// key gets a scope of its own, in which nothing is captured by itself.

import { boot } from "./boot";
import type { Early } from "./early";
import type { Handle } from "./handle";
import { hint } from "./hint";
import type { Options } from "./options";

/** What the first copy leaves for the others. Its shape changes only with the major version. */
interface Registry {
  major: number;
  join(options: Options, early?: Early): Handle;
}

const MAJOR = 0;

/** What records for these options. Undefined: another major version is here already. */
export const join = (options: Options, early?: Early): Handle | undefined => {
  const page = window as unknown as Record<symbol, Registry | undefined>;
  const first = (page[Symbol.for("weft.browser")] ??= registry());
  if (first.major === MAJOR) return first.join(options, early);
  hint(options, `version ${first.major}.x records here already, so this one (${MAJOR}.x) does not`);
  return undefined;
};

const registry = (): Registry => {
  const handles = new Map<string, Handle>();
  return {
    major: MAJOR,
    join(options, early) {
      const { key } = options;
      const handle = handles.get(key) ?? boot(options, handles.size === 0, early);
      handles.set(key, handle);
      return handle;
    },
  };
};
