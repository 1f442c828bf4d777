// What goes wrong in components, with the components that it went wrong in. For `createRoot` and `hydrateRoot`:
//
//     createRoot(element, { onUncaughtError, onCaughtError, onRecoverableError }).render(…)
//
// React says an error itself only if nobody else does, so each is said on the console, too.

import { captureError, type Attributes } from "@weft/browser";
import { ErrorBoundary } from "./boundary";
import { stackOf } from "./stack";

/** What React says of an error. */
export interface ErrorInfo {
  componentStack?: string | null | undefined;
  errorBoundary?: unknown;
}

const record = (error: unknown, mechanism: string, { componentStack }: ErrorInfo, more?: Attributes): void => {
  captureError(error, { "exception.mechanism": mechanism, ...stackOf(componentStack), ...more });
  console.error(error);
};

/** No boundary caught it: React has removed the whole tree. React 19. */
export const onUncaughtError = (error: unknown, info: ErrorInfo = {}): void =>
  record(error, "react.uncaught", info, { "exception.escaped": true });

/** A boundary caught it. Ours has said so already. React 19. */
export const onCaughtError = (error: unknown, info: ErrorInfo = {}): void => {
  if (!(info.errorBoundary instanceof ErrorBoundary)) record(error, "react.caught", info);
  else console.error(error);
};

/** React went on without it: by rendering again, or by rendering in the browser what the server had rendered. */
export const onRecoverableError = (error: unknown, info: ErrorInfo = {}): void => {
  const hydration = hydrationOf(error);
  if (!hydration) return record(error, "react.recoverable", info);
  const named = { "exception.type": "HydrationError", "react.hydration": hydration };
  record(error, "react.hydration", info, named);
};

/** React's numbers for its messages, and what they say in development. */
const HYDRATION: readonly [what: string, codes: readonly number[], says: RegExp][] = [
  // What the server rendered is not what the browser renders.
  ["mismatch", [418, 425], /hydration failed|did(n't| not) match|text content does not match/i],
  // Rendering failed on the server, so the browser did it.
  ["server_error", [419], /server could not finish/i],
  // Something changed before the part was alive.
  ["early_update", [421, 424], /before it finished hydrating|received early update/i],
  // Rendering failed in the browser, and succeeded when nothing of the server's was used.
  ["error", [422, 423], /error while hydrating/i],
];

const hydrationOf = (error: unknown): string | undefined => {
  const message = error instanceof Error ? error.message : "";
  const code = Number(/^Minified React error #(\d+)/.exec(message)?.[1]);
  return HYDRATION.find(([, codes, says]) => (code ? codes.includes(code) : says.test(message)))?.[0];
};
