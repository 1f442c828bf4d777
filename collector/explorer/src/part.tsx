// How much of a whole something is, as a bar and in words.

export const Part = ({ some, of }: { some: number; of: number }) => {
  const part = some / Math.max(of, 1);
  return (
    <span class="part">
      <svg width="80" height="10" aria-hidden="true">
        <rect class="whole" width="80" height="10" rx="2" />
        <rect class="taken" width={Math.min(part, 1) * 80} height="10" rx="2" />
      </svg>{" "}
      {(part * 100).toFixed(part < 0.1 ? 1 : 0)} %
    </span>
  );
};
