// Ten thousand components that are really mounted, each with what the package has for components; and none again.
import { ErrorBoundary, SlowCommits, useEvent } from "@weft/react";
import { memo, useState } from "react";

const COUNT = 10_000;

const Cell = memo(({ number }) => {
  const pressed = useEvent("cell", { "app.number": number });
  return (
    <ErrorBoundary name={`cell ${number}`}>
      <i onClick={pressed}>{number}</i>
    </ErrorBoundary>
  );
});

export const Many = () => {
  const [shown, show] = useState(false);
  return (
    <>
      <button id="toggle" onClick={() => show(!shown)}>
        {shown ? "Hide" : "Show"}
      </button>
      <SlowCommits name="many" threshold={Infinity}>
        {shown && Array.from({ length: COUNT }, (_, number) => <Cell key={number} number={number} />)}
      </SlowCommits>
    </>
  );
};
