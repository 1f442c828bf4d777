// The app's routes.
import { ErrorBoundary, SlowCommits, useEvent } from "@weft/react";
import { RouteName } from "@weft/react/router";
import { lazy, Suspense, useState } from "react";
import { Link, useParams, useRoutes } from "react-router";
import { Failing } from "./failing.jsx";
import { Many } from "./many.jsx";

const Late = lazy(() => import("./late.jsx"));

const Home = () => {
  const [answer, setAnswer] = useState("");
  const asked = useEvent("asked", { "app.where": "home" });
  const ask = async () => {
    asked({ "app.count": 1 });
    const response = await fetch("/api/hello");
    setAnswer(await response.text());
  };
  return (
    <>
      <button id="press" onClick={ask}>
        Ask
      </button>
      <output id="answer">{answer}</output>
    </>
  );
};

const Product = () => {
  const { id } = useParams();
  return (
    <button id="bought" onClick={useEvent("bought", { "app.product": id })}>
      Buy {id}
    </button>
  );
};

/** Burns time while it renders, once it is asked to. */
const Slow = () => {
  const [slow, setSlow] = useState(false);
  const end = performance.now() + (slow ? 80 : 0);
  while (performance.now() < end);
  return (
    <button id="slow" onClick={() => setSlow(true)}>
      {slow ? "was slow" : "be slow"}
    </button>
  );
};

const routes = [
  { path: "/", element: <Home /> },
  { path: "/product/:id", element: <Product /> },
  {
    path: "/slow",
    element: (
      <SlowCommits name="slow part">
        <Slow />
      </SlowCommits>
    ),
  },
  { path: "/failing/*", element: <Failing /> },
  { path: "/many", element: <Many /> },
  {
    path: "/late",
    element: (
      <ErrorBoundary>
        <Suspense fallback={<p id="waiting">…</p>}>
          <Late />
        </Suspense>
      </ErrorBoundary>
    ),
  },
];

export const App = () => (
  <>
    <RouteName routes={routes} />
    <nav>
      <Link to="/">Home</Link>
      <Link id="rug" to="/product/rug-12">
        Rug
      </Link>
      <Link id="scarf" to="/product/scarf-7">
        Scarf
      </Link>
      <Link id="slow-route" to="/slow">
        Slow
      </Link>
    </nav>
    {useRoutes(routes)}
  </>
);
