// The journal: the browser's durable copy of what is not acknowledged yet. Step 3 writes it before it sends.
//
// Every write is one transaction that is committed at once: what is begun in `pagehide` without `commit()` is lost in
// Chromium, and a write that completed survives a killed browser even with relaxed durability. Sealed batches never
// change, so whoever finds one may send it. The tail of a page (what it has recorded and not sealed) is one record
// that is written over; its long spans are in it as gone, because it is read only when its page is.
// Used by nobody: it holds no lock and no open transaction, so it keeps no page out of the back/forward cache.

import type { Ledger } from "./stats";
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
  /** `pageState` at that time. */
  state: number;
  /** What it had not sealed. */
  tail?: Omit<StoredBatch, "to" | "page">;
  /** It is gone, and this page will say so. */
  claimant?: string;
}

/** What a page that is gone becomes: its tail is sealed, and it stays until somebody has said that it was killed. */
export interface Claimed {
  batch: StoredBatch | undefined;
  page: StoredPage | undefined;
}

const NAME = "weft";
const BATCHES = "batches";
const PAGES = "pages";

/** Times it is opened again after it was taken away. */
const MAX_REOPENED = 3;

const opened = (): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(BATCHES, { keyPath: "id" });
      request.result.createObjectStore(PAGES, { keyPath: "page" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("refused"));
    request.onblocked = () => reject(new Error("blocked"));
  });

const answered = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("no answer"));
  });

/** What is kept of all pages of this origin. Without storage it keeps nothing, and says so. */
export class Journal {
  /** Hears of a batch that could not be written. */
  onLost: (id: string) => void = () => {};
  private db: IDBDatabase | undefined;
  private reopened = 0;
  private isMissed = false;
  private readonly held = new Set<string>();

  constructor(private readonly ledger: Ledger) {}

  /** Whether what is written is kept. */
  get isOpen(): boolean {
    return this.db !== undefined;
  }

  /** Whether this batch was written by this page and is still there. */
  holds(id: string): boolean {
    return this.isOpen && this.held.has(id);
  }

  /** Opens it again if it was taken away: what is cleared once is usually there again, empty. */
  revive(): void {
    if (!this.isMissed || this.reopened++ >= MAX_REOPENED) return;
    this.isMissed = false;
    void this.open();
  }

  /** Opens it, if the browser lets us. */
  async open(): Promise<void> {
    try {
      const db = await opened();
      this.db = db;
      this.ledger.journal = "indexeddb";
      // Storage was cleared under a live page, or another tab deletes it: the page goes on in memory.
      db.onclose = () => this.lose("taken away by the browser");
      db.onversionchange = () => this.lose("deleted by the page");
    } catch (error) {
      this.ledger.journal = `none: ${String(error)}`;
    }
  }

  /** A batch is sealed, so its page has no tail any more; it says of these pages that they are gone. */
  seal(batch: StoredBatch, page: StoredPage, gone: string[]): void {
    this.held.add(batch.id);
    const put = (transaction: IDBTransaction): void => {
      transaction.objectStore(BATCHES).put(batch);
      transaction.objectStore(PAGES).put(page);
      for (const other of gone) transaction.objectStore(PAGES).delete(other);
    };
    this.write([BATCHES, PAGES], put, () => this.lost(batch.id));
  }

  /** What a page has recorded and not sealed, or that it is there at all; it says of these pages that they are gone. */
  page(page: StoredPage, gone: string[]): void {
    this.write([PAGES], (transaction) => {
      transaction.objectStore(PAGES).put(page);
      for (const other of gone) transaction.objectStore(PAGES).delete(other);
    });
  }

  /** A page has ended and needs nobody to look for it. */
  end(page: string): void {
    this.write([PAGES], (transaction) => transaction.objectStore(PAGES).delete(page));
  }

  /** A batch has come to its end. */
  remove(id: string): void {
    this.held.delete(id);
    this.write([BATCHES], (transaction) => transaction.objectStore(BATCHES).delete(id));
  }

  /** Everything in it. */
  async all(): Promise<{ batches: StoredBatch[]; pages: StoredPage[] }> {
    const transaction = this.db?.transaction([BATCHES, PAGES], "readonly");
    if (!transaction) return { batches: [], pages: [] };
    const [batches, pages] = await Promise.all([
      answered(transaction.objectStore(BATCHES).getAll() as IDBRequest<StoredBatch[]>),
      answered(transaction.objectStore(PAGES).getAll() as IDBRequest<StoredPage[]>),
    ]);
    return { batches, pages };
  }

  /**
   * Changes records in one transaction: `choose` sees each as it is now and says what it becomes; undefined: it is gone;
   * itself: it stays.
   */
  async claim(
    batches: string[],
    pages: string[],
    choose: {
      batch(now: StoredBatch): StoredBatch | undefined;
      page(now: StoredPage): Claimed;
    },
  ): Promise<StoredBatch[]> {
    const transaction = this.db?.transaction([BATCHES, PAGES], "readwrite");
    if (!transaction) return [];
    const claimed: StoredBatch[] = [];
    const keep = (batch: StoredBatch | undefined): void => {
      if (!batch) return;
      transaction.objectStore(BATCHES).put(batch);
      claimed.push(batch);
    };
    for (const id of batches) {
      const request = transaction.objectStore(BATCHES).get(id) as IDBRequest<StoredBatch | undefined>;
      request.onsuccess = () => request.result && keep(choose.batch(request.result));
    }
    for (const id of pages) {
      const request = transaction.objectStore(PAGES).get(id) as IDBRequest<StoredPage | undefined>;
      request.onsuccess = () => {
        if (!request.result) return;
        const { batch, page } = choose.page(request.result);
        keep(batch);
        if (page) transaction.objectStore(PAGES).put(page);
        else transaction.objectStore(PAGES).delete(id);
      };
    }
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    });
    return claimed;
  }

  /** Forgets everything, of all pages. */
  erase(): void {
    this.isMissed = false;
    this.close("erased");
    indexedDB.deleteDatabase(NAME);
  }

  /** Lets go of it. */
  close(why: string): void {
    this.db?.close();
    this.db = undefined;
    this.ledger.journal = `none: ${why}`;
  }

  private lost(id: string): void {
    this.held.delete(id);
    this.onLost(id);
  }

  private lose(why: string): void {
    this.ledger.journalErrors++;
    for (const id of this.held) this.lost(id);
    this.close(why);
    this.isMissed = true;
  }

  private write(stores: string[], work: (transaction: IDBTransaction) => void, failed?: () => void): void {
    if (!this.db) return;
    try {
      const transaction = this.db.transaction(stores, "readwrite", { durability: "relaxed" });
      transaction.onabort = () => {
        this.ledger.journalErrors++;
        failed?.();
      };
      work(transaction);
      transaction.commit();
    } catch {
      this.ledger.journalErrors++;
    }
  }
}

/** CRC-32 (ISO-HDLC) by half bytes, as proto/src/head.rs has it. */
export const checksum = (bytes: Uint8Array): number => {
  let sum = -1;
  for (const byte of bytes) {
    sum = (sum >>> 4) ^ (TABLE[(sum ^ byte) & 15] ?? 0);
    sum = (sum >>> 4) ^ (TABLE[(sum ^ (byte >> 4)) & 15] ?? 0);
  }
  return ~sum >>> 0;
};

const TABLE = Array.from({ length: 16 }, (_, at) => {
  let value = at;
  for (let bit = 0; bit < 4; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});
