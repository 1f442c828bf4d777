// How an element is named: by what its author gave it, never by its text and never by what was typed into it.

const NAMED = "[data-weft],[data-testid],[role],[id],a,button,input,select,summary,label";

/** Numbers inside an id mean that it was generated. */
const STABLE_ID = /^[a-z][a-z_-]*$/i;

/** The nearest element that has a name or is a control. */
export const controlOf = (target: EventTarget | null | undefined): Element | undefined => {
  const element = target instanceof Element ? target : undefined;
  return element?.closest(NAMED) ?? element;
};

/** What may be said of it; its label only where the page wants that. */
export const describe = (
  element: Element | undefined,
  labels: boolean | undefined,
): Record<string, string | undefined> => ({
  "app.widget.id": element && nameOf(element),
  "app.widget.name": labels ? labelOf(element) : undefined,
  "browser.tag_name": element?.tagName,
});

const nameOf = (element: Element): string | undefined => {
  const attribute = (name: string): string | null => element.getAttribute(name);
  const id = STABLE_ID.test(element.id) ? element.id : null;
  return attribute("data-weft") ?? attribute("data-testid") ?? attribute("role") ?? id ?? undefined;
};

const labelOf = (element: Element | undefined): string | undefined =>
  element?.getAttribute("aria-label") ?? element?.getAttribute("title") ?? undefined;
