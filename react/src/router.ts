// @weft/react/router: names of routes by React Router, 6.4 and later.

import { matchRoutes, useLocation, type RouteObject } from "react-router";
import { useTemplate } from "./template";

/** Says of each view which of these routes it is: `url.template=/product/:id`. Anywhere inside the router. */
export const useRouteName = (routes: RouteObject[]): void => {
  const { pathname } = useLocation();
  const matches = matchRoutes(routes, pathname);
  useTemplate(pathname, matches?.map(({ route }) => route.path).reduce(joined, "/"));
};

/** The same as a component. */
export const RouteName = ({ routes }: { routes: RouteObject[] }): null => {
  useRouteName(routes);
  return null;
};

// Of a route and one inside it: layouts have no path, and what follows takes the place of a star.
const joined = (before: string | undefined, path: string | undefined): string => {
  const above = before ?? "/";
  if (!path) return above;
  if (path.startsWith("/")) return path;
  return `${above.replace(/\/\*?$/, "")}/${path}`;
};
