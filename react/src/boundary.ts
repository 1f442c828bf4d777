// Catches what its children throw while they render, records it with the components it came through, and shows something
// else instead.

import { captureError } from "@weft/browser";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { stackOf } from "./stack";

export interface ErrorBoundaryProps {
  children?: ReactNode;
  /** What is shown instead; by default nothing. `retry` renders the children again. */
  fallback?: ReactNode | ((error: unknown, retry: () => void) => ReactNode);
  /** What the part of the page is called that fails as a whole: `react.boundary`. */
  name?: string;
}

interface State {
  /** In an object, because anything can be thrown. */
  failed: { error: unknown } | undefined;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, State> {
  override state: State = { failed: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { failed: { error } };
  }

  // Once an error, however often React tries to render; and not for what it throws away.
  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    const { name } = this.props;
    const named = { "react.boundary": name, ...stackOf(componentStack) };
    captureError(error, { "exception.mechanism": "react.boundary", ...named });
  }

  override render(): ReactNode {
    const { failed } = this.state;
    const { children, fallback } = this.props;
    if (!failed) return children;
    if (typeof fallback !== "function") return fallback ?? null;
    return fallback(failed.error, () => this.setState({ failed: undefined }));
  }
}
