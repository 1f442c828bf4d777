// @weft/react/next: names of routes by Next's App Router. In the root layout: `<RouteName />`.

import { useParams, usePathname } from "next/navigation.js";
import { templateOf, useTemplate } from "./template";

/** Says of each view which route it is: `url.template=/product/[id]`. */
export const useRouteName = (): void => {
  const pathname = usePathname();
  const params = useParams();
  useTemplate(pathname ?? "", pathname === null ? undefined : templateOf(pathname, params ?? {}));
};

/** The same as a component. */
export const RouteName = (): null => {
  useRouteName();
  return null;
};
