// A mistake that types do not find: the answer is not what it says.
interface Line {
  price: { amount: number };
}

export const total = (lines: Line[]): number => {
  const amounts = lines.map((line) => line.price.amount);
  return amounts.reduce((sum, amount) => sum + amount, 0);
};
