// Which components an error came through.

import type { Attributes } from "@weft/browser";

/** UTF-16 units: the innermost components come first. */
const MAX_STACK = 4_000;

export const stackOf = (componentStack: string | null | undefined): Attributes => ({
  "react.component_stack": componentStack?.trim().slice(0, MAX_STACK) || undefined,
});
