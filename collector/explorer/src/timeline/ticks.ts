// The axis of a timeline: when each stretch began, and what its folds stand for.
import { clock, day, lasting } from "../words";
import type { Colours, View } from "./draw";

export const ticks = (
  context: CanvasRenderingContext2D,
  { axis, left, width }: View,
  colour: Colours,
  height: number,
): void => {
  let lastDay = "";
  for (const { from, to, left: x, right, isFold } of axis.pieces) {
    const isIn = right > left && x < left + width;
    const today = day(from);
    if (isFold) {
      if (isIn) folded(context, colour, x, right, height, lasting(to - from));
      continue;
    }
    if (isIn) {
      context.fillStyle = colour("text");
      context.fillText(clock(from), x + 4, 28);
      if (today !== lastDay) context.fillText(today, x + 4, 12);
      context.strokeStyle = colour("rule");
      context.beginPath();
      context.moveTo(x + 0.5, 20);
      context.lineTo(x + 0.5, height);
      context.stroke();
    }
    lastDay = today;
  }
};

/** A stretch in which nothing happened, as a fold that says how long. */
const folded = (
  context: CanvasRenderingContext2D,
  colour: Colours,
  x: number,
  right: number,
  height: number,
  label: string,
): void => {
  context.fillStyle = colour("fold");
  context.fillRect(x, 4, right - x, height - 8);
  context.strokeStyle = colour("faint");
  for (const at of [x + 6, right - 6]) {
    context.beginPath();
    context.moveTo(at, 4);
    for (let y = 4; y < height - 8; y += 8) {
      context.lineTo(at + 3, y + 2);
      context.lineTo(at - 3, y + 6);
    }
    context.stroke();
  }
  context.fillStyle = colour("text");
  context.textAlign = "center";
  const words = label.split(" ");
  const half = Math.ceil(words.length / 2);
  context.fillText(words.slice(0, half).join(" "), (x + right) / 2, 14);
  context.fillText(words.slice(half).join(" "), (x + right) / 2, 30);
  context.textAlign = "start";
};
