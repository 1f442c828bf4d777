// A moment that a component records when something happens to it; never because it was rendered.

import { event, type Attributes, type Reference } from "@weft/browser";
import { useCallback, useInsertionEffect, useRef } from "react";

/**
 * Returns a function that records a moment; always the same one, so that it may be handed to memoised children. It says
 * the attributes of the last render that was shown, and those it is called with.
 */
export const useEvent = (name: string, attributes?: Attributes): ((more?: unknown) => Reference | undefined) => {
  const shown = useRef({ name, attributes });
  // Not while rendering: what was rendered may never be shown.
  useInsertionEffect(() => {
    shown.current = { name, attributes };
  });
  return useCallback(
    (more?: unknown) => event(shown.current.name, { ...shown.current.attributes, ...plain(more) }),
    [],
  );
};

// As a handler, `onClick={…}`, it is called with an event of the DOM, which says nothing that anybody wants.
const plain = (more: unknown): Attributes | undefined =>
  typeof more === "object" && more !== null && Object.getPrototypeOf(more) === Object.prototype
    ? (more as Attributes)
    : undefined;
