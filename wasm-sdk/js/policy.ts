// What the collector says is done to events before they are recorded. All that does it is a part that only pages fetch which
// have a policy; without one nothing of it is asked.

import { tools } from "./outgoing";
import type { Scope } from "./scope";

/** Under which name it is kept, for the next page. */
export const policyName = ({ options }: Scope): string => `weft.policy.${options.key}`;

/** Applies the policy that is in this answer, or that an earlier page has kept. What cannot be fetched is asked for again. */
export const obey = (scope: Scope, answer?: Uint8Array): Promise<void> =>
  import("./verbs").then(({ hear }) => hear(scope, tools(), policyName(scope), answer)).catch(() => {});
