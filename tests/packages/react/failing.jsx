// What throws while it renders: inside our boundary, inside one of the app's own, and inside none.
import { ErrorBoundary } from "@weft/react";
import { Component, useState } from "react";

const Thrower = ({ text }) => {
  throw new RangeError(text);
};

class Own extends Component {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    return this.state.failed ? <p id="own">own</p> : this.props.children;
  }
}

export const Failing = () => {
  const [failing, fail] = useState("");
  return (
    <>
      {["ours", "own", "none"].map((where) => (
        <button id={`fail-${where}`} key={where} onClick={() => fail(where)}>
          Fail in {where}
        </button>
      ))}
      <ErrorBoundary
        name="basket"
        fallback={(error, retry) => (
          <button id="retry" onClick={() => (fail(""), retry())}>
            {error.message}
          </button>
        )}
      >
        {failing === "ours" && <Thrower text="thrown in ours" />}
      </ErrorBoundary>
      <Own>{failing === "own" && <Thrower text="thrown in own" />}</Own>
      {failing === "none" && <Thrower text="thrown in none" />}
    </>
  );
};
