// How long things took, with its unit; and what p50 and p95 are, for whoever has not met them.
import { lasting } from "./words";

export const Latency = ({ p50, p95, of }: { p50: number; p95: number; of: string }) => (
  <>
    <span class="measure">
      <abbr title={`half of ${of} took at most so long`}>p50</abbr>
      {` ${lasting(p50)},`}
    </span>{" "}
    <span class="measure">
      <abbr title={`95 of a hundred of ${of} took at most so long`}>p95</abbr>
      {` ${lasting(p95)}`}
    </span>
  </>
);
