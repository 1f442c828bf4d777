// The name of a route: its path, with names for what changes. `url.template` of everything that happens in the view.

import { setAttributes } from "@weft/browser";
import { useEffect } from "react";

/**
 * Says so of the view. After the commit: what was rendered may never be shown, and the router has changed the address by
 * then, which begins the view. Said again for each path, because each is a view.
 */
export const useTemplate = (pathname: string, template: string | undefined): void =>
  useEffect(() => {
    if (template !== undefined) setAttributes({ "url.template": template }, "view");
  }, [pathname, template]);

/** Segments of a path, each a value of these parameters or itself; the last that fits, because parameters come last. */
export const templateOf = (
  pathname: string,
  params: Readonly<Record<string, string | readonly string[] | undefined>>,
): string => {
  const segments = pathname.split("/").map((text) => ({ text, value: decoded(text), taken: false }));
  for (const [name, given] of Object.entries(params).reverse()) {
    if (given === undefined) continue;
    const values = (typeof given === "string" ? [given] : given).map(decoded);
    const fits = (from: number): boolean =>
      values.every((value, at) => segments[from + at]?.value === value && segments[from + at]?.taken === false);
    let from = segments.length - values.length;
    while (from > 0 && !fits(from)) from--;
    if (from <= 0 || values.length === 0) continue;
    const text = typeof given === "string" ? `[${name}]` : `[...${name}]`;
    segments.splice(from, values.length, { text, value: "", taken: true });
  }
  return segments.map(({ text }) => text).join("/");
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
