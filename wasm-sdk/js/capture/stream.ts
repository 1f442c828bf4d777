// WebSocket and EventSource: open for as long as the connection is, and told as long spans. Messages are counted, not
// read.

import { patch } from "../patch";
import { guarded } from "../guard";
import { kind, role } from "../event";
import type { Scope } from "../scope";
import { endNow } from "../span";
import type { Attributes } from "../wasm";

type Stream = WebSocket | EventSource;

/** Begins to capture. Returns what undoes it. */
export const captureStreams = (scope: Scope): (() => void) => {
  let active = true;
  const undos: (() => void)[] = [];
  const capture = <Kind extends "WebSocket" | "EventSource">(name: Kind, watch: (stream: Stream) => void): void => {
    if (typeof window[name] !== "function") return;
    undos.push(
      patch(
        window as Window & Record<Kind, (typeof window)[Kind]>,
        name,
        (original) =>
          new Proxy(original, {
            construct(target, args, newTarget) {
              const stream = Reflect.construct(target as never, args, newTarget as never) as Stream;
              if (active) guarded(() => watch(stream))();
              return stream;
            },
          }),
      ),
    );
  };
  capture("WebSocket", (stream) => watchSocket(scope, stream as WebSocket));
  capture("EventSource", (stream) => watchSource(scope, stream as EventSource));
  return () => {
    active = false;
    undos.forEach((undo) => undo());
  };
};

const open = (
  scope: Scope,
  name: string,
  url: string,
): { attributes: Attributes; finish(failed: string | undefined): void } => {
  const event = scope.recorder.start(role.none);
  const attributes: Attributes = { "url.full": url };
  scope.recorder.keepOpen(event, name, attributes, kind.client);
  const finish = (failed: string | undefined): void => endNow(scope, event, name, attributes, failed, kind.client);
  return { attributes, finish };
};

const watchSocket = (scope: Scope, socket: WebSocket): void => {
  const { attributes, finish } = open(scope, "browser.websocket", socket.url);
  let received = 0;
  const counted = (): void => void received++;
  socket.addEventListener("message", counted);
  const closed = guarded(({ code, wasClean }: CloseEvent) => {
    socket.removeEventListener("message", counted);
    attributes["browser.websocket.close_code"] = code;
    attributes["browser.stream.messages"] = received;
    finish(wasClean ? undefined : String(code));
  });
  socket.addEventListener("close", closed, { once: true });
};

// It is closed by a call that fires no event, so the end is seen by the method.
const watchSource = (scope: Scope, source: EventSource): void => {
  const { attributes, finish } = open(scope, "browser.eventsource", source.url);
  let ended = false;
  const end = guarded((failed: string | undefined) => {
    if (ended) return;
    ended = true;
    finish(failed);
  });
  source.addEventListener("error", () => source.readyState === source.CLOSED && end("_OTHER"));
  let received = 0;
  source.addEventListener("message", () => (attributes["browser.stream.messages"] = ++received));
  const { close } = source;
  source.close = function (this: EventSource) {
    close.call(this);
    end(undefined);
  };
};
