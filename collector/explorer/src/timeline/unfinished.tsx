// What is drawn and is no event, in words: what has not ended, and what has not come.
import type { Lane, Timeline } from "../api";
import { clock, counted, day } from "../words";

export const Unfinished = ({ timeline: { open, holes, lanes } }: { timeline: Timeline }) => {
  if (open.length + holes.length === 0) return null;
  return (
    <ul class="unfinished">
      {open.map(({ name, lane, number, start_ms, seen_ms, state }) => (
        <li key={`open ${lane} ${number}`}>
          {`Still open: ${name || "something"}, since ${day(start_ms)} ${clock(start_ms)}; ${page(lanes[lane])} was ${state} when it last said so, ${clock(seen_ms)}`}
        </li>
      ))}
      {holes.map(({ lane, after_ms, first, count }) => (
        <li key={`hole ${lane} ${first}`}>
          {`${counted(count, "event")} not seen: numbers ${first} to ${first + count - 1} of ${page(lanes[lane])}, behind ${clock(after_ms)}. They were dropped, are lost or still on their way`}
        </li>
      ))}
    </ul>
  );
};

const page = (lane: Lane | undefined): string => `page ${lane?.id.slice(0, 8) ?? "?"}`;
