// The shape of each kind of event: colours alone would tell nobody who does not see them.
import type { Kind } from "../api";

type Points = readonly (readonly [number, number])[];

const TRIANGLE: Points = [
  [0, -7],
  [7, 6],
  [-7, 6],
];
const DIAMOND: Points = [
  [0, -7],
  [7, 0],
  [0, 7],
  [-7, 0],
];
const SQUARE: Points = [
  [-6, -6],
  [6, -6],
  [6, 6],
  [-6, 6],
];
const FLAT: Points = [
  [-4, -7],
  [4, -7],
  [4, 7],
  [-4, 7],
];
const ARROW: Points = [
  [-5, -6],
  [6, 0],
  [-5, 6],
];
const HOUR_GLASS: Points = [
  [-6, -6],
  [6, -6],
  [-6, 6],
  [6, 6],
];
const STAR: Points = [
  [0, -8],
  [2, -2],
  [8, 0],
  [2, 2],
  [0, 8],
  [-2, 2],
  [-8, 0],
  [-2, -2],
];
const CROSS: Points = [
  [-7, -3],
  [-3, -7],
  [0, -3],
  [3, -7],
  [7, -3],
  [3, 0],
  [7, 3],
  [3, 7],
  [0, 3],
  [-3, 7],
  [-7, 3],
  [-3, 0],
];

const SHAPES: Partial<Record<Kind, Points>> = {
  load: SQUARE,
  view: DIAMOND,
  request: ARROW,
  server: FLAT,
  error: TRIANGLE,
  vital: STAR,
  jump: HOUR_GLASS,
  killed: CROSS,
};

/** Draws it in the colour that is set. */
export const mark = (context: CanvasRenderingContext2D, kind: Kind, x: number, y: number): void => {
  const shape = SHAPES[kind];
  context.beginPath();
  if (shape) shape.forEach(([right, down]) => context.lineTo(x + right, y + down));
  else context.arc(x, y, kind === "press" ? 6 : 4, 0, 2 * Math.PI);
  context.closePath();
  if (kind === "event" || kind === "span" || kind === "mark") context.stroke();
  else context.fill();
};
