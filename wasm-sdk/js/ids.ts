// Ids derived from the page's seed: the same function as proto/src/ids.rs, because a request that the page
// makes before the module is ready needs its ids too. Both are held to proto/vectors/ids.json.

type Words = [number, number, number, number];

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

// Multiplication by x in GF(2^128).
const timesTwo = ([a, b, c, d]: Words): Words => [
  (a << 1) ^ (d < 0 ? 0x87 : 0),
  (b << 1) | (a >>> 31),
  (c << 1) | (b >>> 31),
  (d << 1) | (c >>> 31),
];

const permute = ([a, b, c, d]: Words): Words => {
  for (let round = 0; round < 12; round++) {
    a = (a + b) | 0;
    b = rotate(b, 5) ^ a;
    a = rotate(a, 16);
    c = (c + d) | 0;
    d = rotate(d, 8) ^ c;
    a = (a + d) | 0;
    d = rotate(d, 13) ^ a;
    c = (c + b) | 0;
    b = rotate(b, 7) ^ c;
    c = rotate(c, 16);
  }
  return [a, b, c, d];
};

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));

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
  const view = new DataView(seed.buffer, seed.byteOffset);
  const word = (at: number): number => view.getInt32(at * 4, true);
  const key: Words = [word(0), word(1), word(2), word(3)];
  const padded = timesTwo(timesTwo(key));

  // Nine bytes: the tag, then the number as u64 little-endian; the tenth is Chaskey's padding.
  const value = (tag: number, number: number): Uint8Array => {
    const low = number % 2 ** 32;
    const high = Math.floor(number / 2 ** 32);
    const block: Words = [tag | (low << 8), (low >>> 24) | (high << 8), (high >>> 24) | (1 << 8), 0];
    const mix = (at: 0 | 1 | 2 | 3): number => key[at] ^ block[at] ^ padded[at];
    const out = new Uint8Array(16);
    const outView = new DataView(out.buffer);
    permute([mix(0), mix(1), mix(2), mix(3)]).forEach((result, at) => {
      outView.setInt32(at * 4, result ^ (padded[at] ?? 0), true);
    });
    return out;
  };

  // An all-zero id is invalid in W3C Trace Context: it is drawn again with the tag's high bit set.
  const derive = (tag: number, number: number, bytes: number): string => {
    const id = value(tag, number).subarray(0, bytes);
    return hex(id.some((byte) => byte) ? id : value(tag | 0x80, number).subarray(0, bytes));
  };

  return {
    trace: (number) => derive(0x54, number, 16),
    span: (number) => derive(0x53, number, 8),
    page: () => derive(0x50, 0, 16),
  };
};
