// What the pages of one origin tell each other: who is still alive, and what the person consented to.
//
// A page that gets a message while it is in the back/forward cache is thrown out of it, so the channel is closed
// whenever the page is put away, and opened again when it comes back.

import { guarded } from "./guard";
import { plainTimeout } from "./plain";

export type Consent = "pending" | "granted" | "denied";

type Message =
  | { weft: "ask"; pages: string[] }
  | { weft: "alive"; page: string }
  | { weft: "consent"; key: string; consent: Consent };

/** ms in which a page that lives answers, even if it is busy. */
const PATIENCE = 1_000;

/** Pages that are asked for at once. */
const MAX_ASKED = 256;

/** The channel of one page for one key. */
export class Channel {
  /** Hears what another tab was told. */
  onConsent: (consent: Consent) => void = () => {};
  private channel: BroadcastChannel | undefined;
  /** Who answered, for each question that is open. */
  private readonly questions = new Set<Set<string>>();

  /** `page`: the name under which this one answers. */
  constructor(
    private readonly page: string,
    private readonly key: string,
  ) {
    this.open();
  }

  open(): void {
    if (this.channel || typeof BroadcastChannel !== "function") return;
    try {
      this.channel = new BroadcastChannel("weft");
      this.channel.onmessage = guarded((event: MessageEvent<unknown>) => this.hear(event.data as Partial<Message>));
    } catch {
      // Refused in an opaque origin: then there is nobody to talk to.
    }
  }

  close(): void {
    this.channel?.close();
    this.channel = undefined;
  }

  /** Tells the other tabs. */
  tellConsent(consent: Consent): void {
    this.say({ weft: "consent", key: this.key, consent });
  }

  /** Which of these pages live. Frozen ones do not answer. */
  async whoLives(pages: string[], patience = PATIENCE): Promise<ReadonlySet<string>> {
    if (pages.length === 0 || !this.channel) return new Set();
    const alive = new Set<string>();
    this.questions.add(alive);
    this.say({ weft: "ask", pages: pages.slice(0, MAX_ASKED) });
    await new Promise<void>((resolve) => void plainTimeout(resolve, patience));
    this.questions.delete(alive);
    return alive;
  }

  private say(message: Message): void {
    this.channel?.postMessage(message);
  }

  private hear(message: Partial<Message>): void {
    if (message.weft === "ask" && message.pages?.includes(this.page)) this.say({ weft: "alive", page: this.page });
    else if (message.weft === "alive" && message.page) for (const alive of this.questions) alive.add(message.page);
    else if (message.weft === "consent" && message.key === this.key && message.consent) this.onConsent(message.consent);
  }
}
