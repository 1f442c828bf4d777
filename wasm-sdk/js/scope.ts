// One page recording for one key: boot order, and what can be asked of it.

import { Arrival } from "./arrival";
import { capture } from "./capture";
import { Channel, type Consent } from "./channel";
import { wallNow } from "./clock";
import type { Early } from "./early";
import { askToErase } from "./erase";
import { guarded } from "./guard";
import { hex } from "./ids";
import { whenIdleOrHidden } from "./idle";
import { Journal } from "./journal";
import { Lifecycle } from "./lifecycle";
import { loadModule, type Sources } from "./load";
import { deniedBySignal, type Options } from "./options";
import { Outgoing } from "./outgoing";
import { RawOutgoing } from "./raw";
import { role, type Started } from "./event";
import { Recorder } from "./record";
import { Sessions } from "./session";
import { Ledger } from "./stats";
import { localStore, tabStore } from "./storage";
import type { Attributes } from "./wasm";

/** Version of this package; filled in by the build. */
declare const VERSION: string;

/** One `init`. */
export class Scope {
  readonly ledger = new Ledger();
  readonly url: string;
  readonly recorder: Recorder;
  readonly lifecycle = new Lifecycle();
  readonly sessions: Sessions;
  readonly page: string;
  /** Called when the page load has ended, after so many ms, and before it is recorded. */
  readonly onLoaded: ((load: Started, duration: number) => void)[] = [];
  private readonly journal = new Journal(this.ledger);
  private readonly channel: Channel;
  private readonly arrival: Arrival;
  private readonly undos: (() => void)[] = [];
  private state: "running" | "closed" = "running";
  private consent: Consent;
  private started = false;
  private connected = false;
  private outgoing: Outgoing | undefined;
  private raw: RawOutgoing | undefined;
  private load: Started | undefined;
  private ofPage: Attributes = {};
  private ofView: Attributes = {};
  private ofPerson: Attributes = {};
  private readonly idle: (() => void)[] = [];

  /** `captures`: whether what happens in the page by itself is recorded here; one key of a page does that. */
  constructor(
    readonly options: Options,
    private readonly captures: boolean,
    private readonly early?: Early,
  ) {
    const target = new URL(options.endpoint, document.baseURI);
    target.searchParams.set("key", options.key);
    this.url = target.href;
    this.consent = deniedBySignal(options) ? "denied" : (options.consent ?? "granted");
    const mayStore = this.mayStore;
    this.sessions = new Sessions(mayStore ? localStore() : undefined, `weft.session.${options.key}`);
    this.arrival = new Arrival(mayStore ? tabStore() : undefined, `weft.page.${options.key}`);
    if (early?.session) this.sessions.adopt(early.session);
    this.recorder = new Recorder(this.sessions, this.ledger, early);
    this.page = hex(this.recorder.seed);
    this.channel = new Channel(this.page, options.key);
    this.channel.onConsent = (consent) => this.hearConsent(consent);
    this.wire();
  }

  get isRunning(): boolean {
    return this.state === "running";
  }

  /** Whether what happens now is recorded. */
  get isRecording(): boolean {
    return this.started && this.isRunning;
  }

  /** Address of the module. */
  get moduleUrl(): string {
    return this.sources().wasm.href;
  }

  get mayPropagate(): boolean {
    return this.consent === "granted";
  }

  /** Begins to record. */
  begin(): void {
    this.early?.stop();
    if (this.started || this.consent === "denied" || !this.isRunning) return;
    this.started = true;
    this.undos.push(capture(this, this.captures, (load) => this.arrived(load)));
    if (this.consent === "granted") this.connectWhenIdle();
  }

  /** The person has decided, here or in another tab. */
  tellConsent(consent: Consent): void {
    this.channel.tellConsent(consent);
    this.hearConsent(consent);
  }

  /** Says something of every event that starts from now on. */
  say(attributes: Attributes, where: "page" | "view"): void {
    Object.assign(where === "view" ? this.ofView : this.ofPage, attributes);
    this.share();
  }

  /** A view has ended, and what was said of it. */
  forgetView(): void {
    this.ofView = {};
    this.share();
  }

  /** Whose events these are from now on; `null`: nobody's, and a new session. */
  identify(identity: Attributes | null): void {
    this.ofPerson = {};
    for (const [name, value] of Object.entries(identity ?? {})) this.ofPerson[`user.${name}`] = value;
    if (identity === null) this.sessions.end(wallNow());
    this.share();
  }

  /** The network is back. */
  backOnline(): void {
    this.outgoing?.backOnline();
  }

  /** Does `work` when the page has nothing better to do. */
  whenIdle(work: () => void): void {
    this.idle.push(work);
  }

  /** Sends what waits. */
  flush(): void {
    guarded(() => this.lifecycle.flushNow())();
  }

  /** Whether nothing waits any more, neither events nor what is said of open ones. */
  get isSettled(): boolean {
    return this.ledger.stats().pending === 0 && (this.outgoing?.isEmpty ?? true);
  }

  /** Hears whenever a batch has come to its end. Returns what undoes it. */
  onSettled(settled: () => void): () => void {
    this.settled.add(settled);
    return () => this.settled.delete(settled);
  }
  private readonly settled = new Set<() => void>();

  /** Stops recording for good, sends what waits and takes back what was changed in the page. */
  shutdown(): void {
    if (!this.isRunning) return;
    this.state = "closed";
    guarded(() => this.lifecycle.flushNow("hidden"))();
    guarded(() => this.outgoing?.leave())();
    for (const undo of this.undos.splice(0).reverse()) guarded(undo)();
    this.channel.close();
  }

  private share(): void {
    this.recorder.shared = { ...this.ofPage, ...this.ofView, ...this.ofPerson };
  }

  private get mayStore(): boolean {
    return this.consent === "granted" && this.options.storage !== "memory";
  }

  private wire(): void {
    const { recorder, lifecycle, options } = this;
    recorder.beforeRecord = options.beforeRecord;
    recorder.onWaiting = (bytes, events) => lifecycle.onWaiting(bytes, events);
    recorder.sealFirst = () => lifecycle.sealNow();
    recorder.onRoot = (ids, is) => {
      if (is === role.interaction) lifecycle.interacted();
      if (this.load) this.arrival.keep(this.page, recorder.idsOf(this.load), ids, wallNow(), is === role.interaction);
    };
  }

  // The page load has started; it ends when it is known where the document comes from.
  private arrived(load: Started): Promise<void> {
    this.load = load;
    const linked = this.arrival.link(load, this.recorder, this.channel);
    const ids = this.recorder.idsOf(load);
    this.arrival.keep(this.page, ids, ids, wallNow(), true);
    return linked;
  }

  private hearConsent(consent: Consent): void {
    if (consent === this.consent || !this.isRunning) return;
    const was = this.consent;
    this.consent = consent;
    if (consent === "denied") return this.withdraw(was === "granted");
    if (consent === "pending") return;
    if (this.mayStore) {
      this.sessions.allow(localStore());
      this.arrival.allow(tabStore());
      this.arrival.save(wallNow());
    }
    if (this.started) this.connectWhenIdle();
    else this.begin();
  }

  // Everything that was kept is erased, here and, for its session, at the collector.
  private withdraw(wasGranted: boolean): void {
    const session = this.sessions.at(wallNow()).id;
    this.state = "closed";
    this.outgoing?.forget("consent_withdrawn");
    this.raw?.forget();
    this.recorder.abandon("consent_withdrawn");
    for (const undo of this.undos.splice(0).reverse()) guarded(undo)();
    this.sessions.forget();
    this.arrival.forget();
    this.channel.close();
    if (!wasGranted) return;
    if (this.options.storage !== "memory") this.journal.erase();
    askToErase(`${this.url}&erase=${session}`);
  }

  private connectWhenIdle(): void {
    if (this.connected) return;
    this.connected = true;
    // On pagehide before the module is ready, what waits is posted as it is.
    this.raw = new RawOutgoing(this.url, this.recorder, this.ledger, this.resource(), () => this.hearSettled());
    const stop = this.raw.watch();
    whenIdleOrHidden(() => {
      const failed = (error: unknown): void => this.goOnWithout(error);
      void this.connect().then(stop).catch(guarded(failed));
    });
    this.undos.push(stop);
  }

  private async connect(): Promise<void> {
    const opened = this.mayStore ? this.journal.open() : undefined;
    if (!opened) this.ledger.journal = "none: not wanted";
    const module = await loadModule(this.sources(), this.options.wasm !== false);
    await opened;
    if (this.consent !== "granted") return;
    this.outgoing = new Outgoing(this, module, this.journal, this.channel);
    this.outgoing.onSettled = () => this.hearSettled();
    this.goOn(this.lifecycle.open(this.outgoing, () => this.recorder.attach(module, this.resource())));
    this.outgoing.takeOver();
  }

  private goOn(close: () => void): void {
    if (this.isRunning) {
      this.undos.push(close);
      for (const work of this.idle.splice(0)) guarded(work)();
    } else {
      // Shut down while it was loading: what was recorded before is sent, and nothing more.
      this.lifecycle.flushNow("hidden");
      close();
    }
  }

  // Without the module nothing is compressed or kept, but what happens is still sent.
  private goOnWithout(error: unknown): void {
    if (this.options.debug) {
      console.warn("weft: the module could not be loaded, so events are sent as JSON and nothing is kept:", error);
    }
    if (this.raw && this.consent === "granted") this.goOn(this.lifecycle.open(this.raw, () => {}));
  }

  private sources(): Sources {
    const { wasmUrl } = this.options;
    // The default is written out, because bundlers find files by this very expression.
    const wasm = wasmUrl ? new URL(wasmUrl, document.baseURI) : new URL("weft.wasm", import.meta.url);
    return { wasm, js: new URL("weft.wasm.js", wasm) };
  }

  private hearSettled(): void {
    for (const settled of this.settled) settled();
  }

  private resource(): Record<string, string | undefined> {
    return { "service.version": this.options.version, "telemetry.sdk.version": VERSION };
  }
}
