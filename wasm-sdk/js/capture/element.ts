// How an element is named: by what its author gave it, never by its text and never by what was typed into it.

import type { Attributes } from "../wasm";

const NAMED = "[data-weft],[data-testid],[role],[id],a,button,input,select,summary,label";

/** Numbers inside an id mean that it was generated. */
const STABLE_ID = /^[a-z][a-z_-]*$/i;

/** The nearest element that has a name or is a control. */
export const controlOf = (target: EventTarget | null | undefined): Element | undefined => {
  const element = target instanceof Element ? target : undefined;
  return element?.closest(NAMED) ?? element;
};

/** What may be said of it; its label only where the page wants that. */
export const describe = (element: Element | undefined, labels: boolean | undefined): Attributes => {
  const said = (name: string): string | undefined => element?.getAttribute(name) ?? undefined;
  const { id = "", tagName } = element ?? {};
  return {
    "app.widget.id": said("data-weft") ?? said("data-testid") ?? said("role") ?? (STABLE_ID.test(id) ? id : undefined),
    "app.widget.name": labels ? (said("aria-label") ?? said("title")) : undefined,
    "browser.tag_name": tagName,
  };
};
