// What is drawn and is no event, in words: what has not ended, and what has not come.
import type { Timeline } from "../api";
import { clock, counted, day } from "../words";

export const Unfinished = ({ timeline: { open, holes } }: { timeline: Timeline }) => {
  if (open.length + holes.length === 0) return null;
  return (
    <ul class="unfinished">
      {open.map(({ name, page, number, start_ms, seen_ms, state }) => (
        <li key={`open ${page} ${number}`}>
          {`Still open: ${name || "something"}, since ${day(start_ms)} ${clock(start_ms)}; ${nameOf(page)} was ${state} when it last said so, ${clock(seen_ms)}`}
        </li>
      ))}
      {holes.map(({ page, after_ms, first, count }) => (
        <li key={`hole ${page} ${first}`}>
          {`${counted(count, "event")} not seen: numbers ${first} to ${first + count - 1} of ${nameOf(page)}, behind ${clock(after_ms)}. They were dropped, are lost or still on their way`}
        </li>
      ))}
    </ul>
  );
};

const nameOf = (page: string): string => `page ${page.slice(0, 8)}`;
