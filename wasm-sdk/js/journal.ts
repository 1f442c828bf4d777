// The journal: the browser's durable copy of what is not acknowledged yet. Step 3 writes it before it sends.
//
// Every write is one transaction that is committed at once: what is begun in `pagehide` without `commit()` is lost in
// Chromium, and a write that completed survives a killed browser even with relaxed durability. Sealed batches never
// change, so whoever finds one may send it. The tail of a page (what it has recorded and not sealed) is one record
// that is written over; its long spans are in it as gone, because it is read only when its page is.
// Used by nobody: it holds no lock and no open transaction, so it keeps no page out of the back/forward cache.

import { attempt, guarded } from "./guard";
import { plainTimeout } from "./plain";
import type { Scope } from "./scope";
import { isLost } from "./send";
import type { Sealed } from "./wasm";

/** A sealed batch as it lies in the journal. */
export interface StoredBatch extends Sealed {
  id: string;
  /** Seed of its page in hex. */
  page: string;
  /** Where it is to be sent, with the key. */
  to: string;
  number: number;
  events: number;
  /** Wall time of the last write in ms. */
  wall: number;
  /** CRC of `body`: a record may be torn. */
  sum: number;
  /** The page that sends it in the place of its own, and since when. */
  claimant?: string;
  claimed?: number;
}

/** A page as it lies in the journal, from its first record until it has ended. */
export interface StoredPage {
  page: string;
  to: string;
  /** Wall time of the last write in ms. */
  wall: number;
  /** `PageState` at that time. */
  state: number;
  /** What it had not sealed. */
  tail?: Omit<StoredBatch, "to" | "page">;
  /** It is gone, and this page will say so. */
  claimant?: string;
}

const enum Name {
  database = "weft",
  batches = "batches",
  pages = "pages",
}

const enum Limit {
  /** Times it is opened again after it was taken away. */
  maxReopened = 3,
  /** ms after which batches that have come to their end go, if nothing is written before. */
  removeAfter = 1_000,
}

/** What IndexedDB answers. */
export const answered = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    // Blocked, it has no error, and asking for it throws.
    const failed = ({ type }: Event): void => reject(attempt(() => request.error) ?? type);
    request.onerror = failed;
    request.addEventListener("blocked", failed);
  });

/** Opens it, if the browser lets us. Without it nothing is kept, and that is said. */
export const openJournal = async (scope: Scope): Promise<void> => {
  if (scope.db) return;
  try {
    const request = indexedDB.open(Name.database, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(Name.batches, { keyPath: "id" });
      request.result.createObjectStore(Name.pages, { keyPath: "page" });
    };
    const db = await answered(request);
    scope.db = db;
    scope.ledger.journal = "indexeddb";
    // Storage was cleared under a live page, or another tab deletes it: the page goes on in memory.
    db.onclose = () => lose(scope, "taken away");
    db.onversionchange = () => lose(scope, "deleted");
  } catch (error) {
    scope.ledger.journal = `none: ${String(error)}`;
  }
};

/** Lets go of it. */
const close = (scope: Scope, why: string): void => {
  scope.db?.close();
  scope.db = undefined;
  scope.ledger.journal = `none: ${why}`;
};

const lose = (scope: Scope, why: string): void => {
  scope.ledger.journalErrors++;
  for (const id of scope.held) isLost(scope, id);
  scope.held.clear();
  close(scope, why);
  scope.journalMissed = true;
};

/** Opens it again if it was taken away: what is cleared once is usually there again, empty. */
export const reviveJournal = (scope: Scope): void => {
  if (!scope.journalMissed || scope.reopened++ >= Limit.maxReopened) return;
  scope.journalMissed = false;
  void openJournal(scope);
};

/** Forgets everything, of all pages. */
export const eraseJournal = (scope: Scope): void => {
  scope.journalMissed = false;
  close(scope, "erased");
  indexedDB.deleteDatabase(Name.database);
};

/** The journal's two stores, in a transaction. */
export const stores = (db: IDBDatabase, mode: IDBTransactionMode): [IDBTransaction, IDBObjectStore, IDBObjectStore] => {
  const transaction = db.transaction([Name.batches, Name.pages], mode, { durability: "relaxed" });
  return [transaction, transaction.objectStore(Name.batches), transaction.objectStore(Name.pages)];
};

const write = (
  scope: Scope,
  work: (batches: IDBObjectStore, pages: IDBObjectStore) => void,
  failed?: () => void,
): void => {
  const over = scope.over.splice(0);
  clearTimeout(scope.overTimer);
  scope.overTimer = undefined;
  if (!scope.db) return;
  try {
    const [transaction, batches, pages] = stores(scope.db, "readwrite");
    transaction.onabort = () => {
      scope.ledger.journalErrors++;
      scope.over.push(...over);
      failed?.();
    };
    work(batches, pages);
    for (const id of over) batches.delete(id);
    transaction.commit();
  } catch {
    scope.ledger.journalErrors++;
    scope.over.push(...over);
  }
};

/**
 * What a page has recorded and not sealed, or that it is there at all; and what it has sealed, if that is new. Pages
 * that it has reported as gone go.
 */
export const keepPage = (scope: Scope, page: StoredPage, batch?: StoredBatch): void => {
  const gone = scope.reported.splice(0);
  if (batch) scope.held.add(batch.id);
  write(
    scope,
    (batches, pages) => {
      if (batch) batches.put(batch);
      pages.put(page);
      for (const other of gone) pages.delete(other);
    },
    () => {
      if (!batch) return;
      scope.held.delete(batch.id);
      isLost(scope, batch.id);
    },
  );
};

/** A page has ended and needs nobody to look for it. */
export const endPage = (scope: Scope): void => write(scope, (_, pages) => pages.delete(scope.page));

/** A batch has come to its end: it goes with what is written next, or soon. If it does not, the collector has it. */
export const remove = (scope: Scope, id: string): void => {
  scope.held.delete(id);
  scope.over.push(id);
  scope.overTimer ??= plainTimeout(
    guarded(() => write(scope, () => {})),
    Limit.removeAfter,
  );
};

/** CRC-32 (ISO-HDLC), as proto/src/head.rs has it. */
export const checksum = (bytes: Uint8Array): number => {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 8; bit--;) sum = (sum >>> 1) ^ (sum & 1 && 0xedb8_8320);
  }
  return ~sum >>> 0;
};
