// What the lanes of a timeline are, in words. Two pages share a lane where it is known that they were in one tab; of others
// that is not known, and nothing is said of it.
import type { Timeline } from "../api";
import { counted } from "../words";

export const lanesOf = ({ lanes, events }: Timeline): string[] =>
  lanes.map(({ kind, id, pages, opened_by }, lane) => {
    if (kind === "service") return `service ${id}`;
    const first = events.find((event) => event.lane === lane && (event.kind === "load" || event.kind === "view"));
    const what = pages.length > 1 ? `tab with ${counted(pages.length, "page")}, first` : "page";
    const route = first ? `${first.label} (${id.slice(0, 8)})` : id.slice(0, 8);
    return `${what} ${route}${opened_by === null ? "" : `, opened from lane ${opened_by + 1}`}`;
  });
