// In the place of js/begin.ts and js/index.ts: the page that a test has made.
export const current = () => globalThis.weftHandle;
export const recording = current;
export const flush = async () => void (globalThis.weftFlushed = true);
