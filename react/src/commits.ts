// Commits that took long, of the part of the page that is inside. React measures only where it was built for that: in
// development, and with `react-dom/profiling`; elsewhere this does nothing.

import { event } from "@weft/browser";
import { createElement, Profiler, type ProfilerOnRenderCallback, type ReactNode } from "react";

/** ms: what browsers call a long task. */
const THRESHOLD = 50;

export interface SlowCommitsProps {
  children?: ReactNode;
  /** What the part of the page is called: `react.profiler.id`. */
  name: string;
  /** ms of rendering from which on a commit is slow; 50 by default. */
  threshold?: number;
}

export const SlowCommits = ({ children, name, threshold = THRESHOLD }: SlowCommitsProps): ReactNode => {
  const onRender: ProfilerOnRenderCallback = (id, phase, actual, base, started, committed) => {
    if (actual < threshold) return;
    event("react.slow_commit", {
      "react.profiler.id": id,
      "react.profiler.phase": phase,
      "react.profiler.actual_ms": actual,
      "react.profiler.base_ms": base,
      // With what React did meanwhile, and the browser, where rendering was interrupted.
      "react.profiler.elapsed_ms": committed - started,
    });
  };
  return createElement(Profiler, { id: name, onRender }, children);
};
