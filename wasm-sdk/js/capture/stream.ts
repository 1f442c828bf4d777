// WebSocket and EventSource: open for as long as the connection is, and told as long spans. Messages are counted, not
// read.

import { Kind, Role } from "../event";
import { guarded } from "../guard";
import { patchClass } from "../patch";
import { endNow, keepOpen, start } from "../record";
import type { Scope } from "../scope";
import type { Attributes } from "../wasm";

/** Begins to capture. */
export const captureStreams = (scope: Scope): void => {
  patchClass(scope, "WebSocket", (socket) => {
    const end = watch(scope, "browser.websocket", socket);
    socket.addEventListener("close", ({ code, wasClean }) =>
      end(wasClean ? undefined : String(code), { "browser.websocket.close_code": code }),
    );
  });
  patchClass(scope, "EventSource", (source) => {
    const end = watch(scope, "browser.eventsource", source);
    source.addEventListener("error", () => source.readyState === source.CLOSED && end("_OTHER"));
    // It is closed by a call that fires no event, so the end is seen by the method.
    const { close } = source;
    source.close = function (this: EventSource) {
      close.call(this);
      end(undefined);
    };
  });
};

// Returns what ends it, once.
const watch = (
  scope: Scope,
  name: string,
  stream: WebSocket | EventSource,
): ((failed: string | undefined, more?: Attributes) => void) => {
  const event = start(scope, Role.none);
  const attributes = { "url.full": stream.url };
  let received = 0;
  const counted = (): void => void received++;
  stream.addEventListener("message", counted);
  keepOpen(scope, event, name, attributes, Kind.client);
  return guarded((failed, more) => {
    if (event.ended) return;
    stream.removeEventListener("message", counted);
    const all = { ...attributes, ...more, "browser.stream.messages": received };
    endNow(scope, event, name, all, failed, Kind.client);
  });
};
