// The explorer: which page is shown, and whether the collector wants a token first.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { keepToken, listen } from "./ask";
import { Connections } from "./pages/connections";
import { Costs } from "./pages/costs";
import { Health } from "./pages/health";
import { Session } from "./pages/session";
import { Sessions } from "./pages/sessions";

const PAGES = { sessions: "Sessions", connections: "Connections", costs: "Costs", health: "Health" } as const;

/** A part of an address as it was meant; what somebody has typed may be none. */
const plain = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** What stands behind the # of the address, by its parts. */
const useAddress = (): string[] => {
  const read = (): string[] => location.hash.replace(/^#\/?/, "").split("/").map(plain);
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const changed = (): void => setAddress(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return address;
};

/** Grows with everything new; and whether that is being told. */
const useNews = (hasToken: number): [number, boolean] => {
  const [version, setVersion] = useState(0);
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    void listen(stop.signal, () => setVersion((before) => before + 1), setLive);
    return () => stop.abort();
  }, [hasToken]);
  return [version, isLive];
};

const Explorer = () => {
  const [page = "", ...parts] = useAddress();
  const [hasToken, setHasToken] = useState(0);
  const [needsToken, setNeedsToken] = useState(false);
  const [version, isLive] = useNews(hasToken);
  const news = { version: version + hasToken, onNeedsToken: () => setNeedsToken(true) };
  const here = page === "session" || page === "" ? "sessions" : page;
  const take = (token: string): void => {
    keepToken(token);
    setNeedsToken(false);
    setHasToken((before) => before + 1);
  };
  return (
    <>
      <a class="skip" href="#main" onClick={focusMain}>
        To the content
      </a>
      <header>
        <strong>weft</strong>
        <nav aria-label="Pages">
          {Object.entries(PAGES).map(([name, title]) => (
            <a key={name} href={`#/${name}`} aria-current={here === name ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <span class="live" title="Whether this page is told at once of what is new">
          {isLive ? "● live" : "○ not live"}
        </span>
      </header>
      <main id="main" tabIndex={-1}>
        {needsToken ? <Token onToken={take} /> : <Page page={page} parts={parts} news={news} />}
      </main>
    </>
  );
};

/** What pages are told: that there is something new; and what they tell. */
export interface News {
  version: number;
  onNeedsToken: () => void;
}

const Page = ({
  page,
  parts: [application = "", id = "", event],
  news,
}: {
  page: string;
  parts: string[];
  news: News;
}) => {
  switch (page) {
    case "session":
      return <Session key={`${application}/${id}`} {...{ application, id, event, news }} />;
    case "connections":
      return <Connections news={news} />;
    case "costs":
      return <Costs news={news} />;
    case "health":
      return <Health news={news} />;
    default:
      return <Sessions news={news} />;
  }
};

const Token = ({ onToken }: { onToken: (token: string) => void }) => {
  const [token, setToken] = useState("");
  const send = (event: Event): void => {
    event.preventDefault();
    onToken(token);
  };
  return (
    <form class="token" onSubmit={send}>
      <h1>This collector asks for its token</h1>
      <label>
        admin_token
        <input
          type="password"
          autocomplete="off"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button>Look</button>
      <p>It stays in this tab, and goes to this collector only.</p>
    </form>
  );
};

const focusMain = (event: Event): void => {
  event.preventDefault();
  document.querySelector("main")?.focus();
};

render(<Explorer />, document.body);
