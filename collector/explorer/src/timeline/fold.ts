// The axis of time: what happened takes its place by time, and where nothing did for long the axis is folded. A fold is as
// wide as its label, whether it stands for a minute or for three weeks.

/** A stretch of the axis. */
export interface Piece {
  from: number;
  to: number;
  left: number;
  right: number;
  isFold: boolean;
}

export interface Axis {
  pieces: Piece[];
  width: number;
}

/** Something that takes time: begin and end, in milliseconds. */
export type Stretch = readonly [number, number];

/** So long nothing has to happen. */
export const IDLE_MS = 30_000;

const FOLD_WIDTH = 110;
const LEAST_WIDTH = 130;
const MARGIN = 24;

/** The axis of these, which are in the order of their beginnings, in about `width` pixels times `zoom`. */
export const fold = (stretches: readonly Stretch[], width: number, zoom: number): Axis => {
  const busy = together(stretches);
  const lasts = busy.reduce((sum, [from, to]) => sum + (to - from), 0);
  const free = Math.max(width - 2 * MARGIN - (busy.length - 1) * FOLD_WIDTH - busy.length * LEAST_WIDTH, 100);
  const perMs = (free / Math.max(lasts, 1)) * zoom;
  const pieces: Piece[] = [];
  let left = MARGIN;
  busy.forEach(([from, to], at) => {
    const before = busy[at - 1];
    if (before) left = put(pieces, before[1], from, left, FOLD_WIDTH, true);
    left = put(pieces, from, to, left, LEAST_WIDTH + (to - from) * perMs, false);
  });
  return { pieces, width: left + MARGIN };
};

const put = (pieces: Piece[], from: number, to: number, left: number, width: number, isFold: boolean): number => {
  pieces.push({ from, to, left, right: left + width, isFold });
  return left + width;
};

/** Stretches with no idle time in between, as one. */
const together = (stretches: readonly Stretch[]): [number, number][] => {
  const busy: [number, number][] = [];
  for (const [from, to] of stretches) {
    const last = busy.at(-1);
    if (last && from - last[1] <= IDLE_MS) last[1] = Math.max(last[1], to);
    else busy.push([from, to]);
  }
  return busy;
};

/** The first piece that does not end before; where a fold ends, what is behind it has begun. */
const find = (pieces: readonly Piece[], end: "to" | "right", value: number): Piece | undefined => {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const piece = pieces[middle];
    if (!piece || value > piece[end] || (piece.isFold && value === piece[end])) low = middle + 1;
    else high = middle;
  }
  return pieces[low];
};

/** The stretch that `x` is in. */
export const pieceAt = ({ pieces }: Axis, x: number): Piece | undefined => find(pieces, "right", x);

/** Where a moment is. */
export const place = ({ pieces }: Axis, ms: number): number => {
  const piece = find(pieces, "to", ms);
  if (!piece) return MARGIN;
  // An instant is not a stretch: it stands a little inside, so that its mark is.
  const inner = piece.isFold ? 0 : 14;
  const part = piece.to > piece.from ? (ms - piece.from) / (piece.to - piece.from) : 0.5;
  return piece.left + inner + Math.min(Math.max(part, 0), 1) * (piece.right - piece.left - 2 * inner);
};
