// Ids derived from the page's seed: the same function as proto/src/ids.rs, because a request that the page
// makes before the module is ready needs its ids too. Both are held to proto/vectors/ids.json.

/** Four 32-bit words; every browser is little-endian. */
type Words = Int32Array<ArrayBuffer>;

// Multiplication by x in GF(2^128).
const timesTwo = (words: Words): Words =>
  words.map((word, at) => (word << 1) ^ (at ? words[at - 1]! >>> 31 : words[3]! < 0 ? 0x87 : 0));

const permute = (words: Words): Words => {
  let [a, b, c, d] = words as unknown as [number, number, number, number];
  const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
  for (let round = 12; round--;) {
    a += b;
    b = rotate(b, 5) ^ a;
    a = rotate(a, 16);
    c += d;
    d = rotate(d, 8) ^ c;
    a += d;
    d = rotate(d, 13) ^ a;
    c += b;
    b = rotate(b, 7) ^ c;
    c = rotate(c, 16);
  }
  return Int32Array.of(a, b, c, d);
};

export const hex = (bytes: Uint8Array): string => {
  let digits = "";
  for (const byte of bytes) digits += (byte + 256).toString(16).slice(1);
  return digits;
};

export const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));

/** Trace and span id, 48 hex digits, which are derived when somebody asks: most are overtaken before. */
export type Late = string | { toString(): string; toJSON(): string };

export interface Ids {
  /** 32 hex digits: trace id of the trace whose root is event `number`. */
  trace(number: number): string;
  /** 16 hex digits: span id of event `number`. */
  span(number: number): string;
  /** 32 hex digits: `weft.page.id`. */
  page(): string;
}

/** Ids of the page that drew `seed` (16 bytes). */
export const idsOf = (seed: Uint8Array): Ids => {
  const key = new Int32Array(seed.slice().buffer);
  const padded = timesTwo(timesTwo(key));

  // Nine bytes: the tag, then the number as u64 little-endian; the tenth is Chaskey's padding.
  const value = (tag: number, number: number, bytes: number): string => {
    const high = Math.floor(number / 2 ** 32);
    const block = Int32Array.of(tag | (number << 8), (number >>> 24) | (high << 8), (high >>> 24) | 256, 0);
    const mixed = permute(block.map((word, at) => word ^ key[at]! ^ padded[at]!));
    return hex(new Uint8Array(mixed.map((word, at) => word ^ padded[at]!).buffer, 0, bytes));
  };

  // An all-zero id is invalid in W3C Trace Context: it is drawn again with the tag's high bit set.
  const derive = (tag: number, number: number, bytes: number): string => {
    const id = value(tag, number, bytes);
    return /[^0]/.test(id) ? id : value(tag | 0x80, number, bytes);
  };

  return {
    trace: (number) => derive(0x54, number, 16),
    span: (number) => derive(0x53, number, 8),
    page: () => derive(0x50, 0, 16),
  };
};
