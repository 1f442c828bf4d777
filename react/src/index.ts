// @weft/react: what React knows and a page does not. Nothing here records that something was rendered: a tree is no
// work that began and ended, and thousands of components are no events.

export { ErrorBoundary, type ErrorBoundaryProps } from "./boundary";
export { SlowCommits, type SlowCommitsProps } from "./commits";
export { onCaughtError, onRecoverableError, onUncaughtError, type ErrorInfo } from "./errors";
export { useEvent } from "./event";
