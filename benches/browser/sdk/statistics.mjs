// Medians and quartiles: a busy machine makes outliers, which must not decide.

/** The value that this share of all values is below, between two of them where it has to be. */
export function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}

export const median = (values) => quantile(values, 0.5);

/** Median, and the quartiles around it. */
export const spread = (values) => ({
  median: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
});

/** Every difference between a value of one and a value of the other. */
export const differences = (ones, others) => ones.flatMap((one) => others.map((other) => one - other));

/** Every difference between two values of different runs. */
export const ownDifferences = (values) =>
  values.flatMap((one, at) => values.filter((_, other) => other !== at).map((other) => one - other));
