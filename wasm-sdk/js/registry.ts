// Several copies of this package may be in one page: the first one records, the others hand their calls to it. Another
// key gets a scope of its own, in which nothing is captured by itself.

import type { Early } from "./early";
import { createHandle, type Handle } from "./handle";
import type { Options } from "./options";

/** What the first copy leaves for the others. Its shape changes only with the major version. */
interface Registry {
  major: number;
  join(options: Options, early?: Early): Handle;
}

const MAJOR = 0;
const NAME = Symbol.for("weft.browser");

/** What records for these options. Undefined: another major version is here already. */
export const join = (options: Options, early?: Early): Handle | undefined => {
  const page = window as unknown as Record<symbol, Registry | undefined>;
  const first = (page[NAME] ??= registry());
  if (first.major === MAJOR) return first.join(options, early);
  if (options.debug) {
    console.warn(
      `weft: version ${first.major}.x of @weft/browser records in this page already, so this copy (${MAJOR}.x) does not`,
    );
  }
  return undefined;
};

const registry = (): Registry => {
  const handles = new Map<string, Handle>();
  return {
    major: MAJOR,
    join(options, early) {
      const known = handles.get(options.key);
      if (known) return known;
      const handle = createHandle(options, handles.size === 0, early);
      handles.set(options.key, handle);
      return handle;
    },
  };
};
