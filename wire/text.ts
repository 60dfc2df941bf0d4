/**
 * Text written as octets: numbers, addresses and literals appended to memory
 * that is reused, so that a million lines make no string.
 *
 * ```ts
 * import { text } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new text.Writer();
 * writer.text("IP ");
 * writer.ipv4(0xc0000201 | 0);
 * writer.byte(0x2e);
 * writer.decimal(49152);
 * assertEquals(writer.toString(), "IP 192.0.2.1.49152");
 *
 * writer.clear();
 * writer.ipv6(0x20010db8, 0, 0, 1);
 * assertEquals(writer.toString(), "2001:db8::1");
 * ```
 *
 * @module
 */

const ZERO = 0x30;
const COLON = 0x3a;
const DOT = 0x2e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Digits of the largest safe integer. */
const MOST_DIGITS = 16;
/** Octets of the longest IPv6 text, rounded up. */
const MOST_IPV6 = 48;
const LETTERS: Uint8Array = Uint8Array.from(
  "0123456789abcdef",
  (c) => c.charCodeAt(0),
);
/** The two digits of each octet, tens or upper half first. */
const TENS: Uint8Array = Uint8Array.from(
  { length: 100 },
  (_, i) => ZERO + Math.floor(i / 10),
);
const UPPER: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, i) => LETTERS[i >> 4]!,
);
const LOWER: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, i) => LETTERS[i & 15]!,
);
const ENCODER: TextEncoder = new TextEncoder();
const DECODER: TextDecoder = new TextDecoder();

/**
 * Appends text to octets that it owns; UTF-8, and mostly ASCII.
 *
 * The memory doubles when a text does not fit, and stays when the writer is
 * cleared, so that nothing allocates once the longest text has been there. It
 * is for the caller to hand {@linkcode Writer.bytes} on and clear the writer
 * before it grows too long.
 */
export class Writer {
  /** The octets; those from `length` on mean nothing. Replaced by growth. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Octets that were written. May be set back, to take text away again. */
  length = 0;

  /** Empty, with room for `capacity` octets. */
  constructor(capacity: number = 1 << 16) {
    this.bytes = new Uint8Array(Math.max(MOST_IPV6, capacity));
  }

  /** Forgets what was written; the memory stays. */
  clear(): void {
    this.length = 0;
  }

  /** Makes sure that `octets` more can be written without growth. */
  reserve(octets: number): void {
    const need = this.length + octets;
    if (need > this.bytes.length) this.#grow(need);
  }

  /** Appends one octet, such as the code of an ASCII character. */
  byte(code: number): void {
    if (this.length === this.bytes.length) this.#grow(this.length + 1);
    this.bytes[this.length++] = code;
  }

  /** Appends a string as UTF-8. */
  text(text: string): void {
    const { length } = text;
    this.reserve(length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.length = at;
        return this.#encode(text.slice(i));
      }
      bytes[at++] = code;
    }
    this.length = at;
  }

  /** Appends the octets `from`..`to` of `source` as they are. */
  copy(source: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    const { bytes } = this;
    let at = this.length;
    for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.length = at;
  }

  /** Appends a whole number, negative or not, up to 2^53. */
  decimal(value: number): void {
    this.reserve(MOST_DIGITS + 1);
    const { bytes } = this;
    let at = this.length;
    if (value < 0) {
      bytes[at++] = 0x2d;
      value = -value;
    }
    if (value < 10) {
      bytes[at] = ZERO + value;
      this.length = at + 1;
      return;
    }
    let digits = 2;
    if (value < 100_000) {
      if (value >= 100) digits = value < 1000 ? 3 : value < 10_000 ? 4 : 5;
    } else {
      digits = 6;
      for (let most = 1_000_000; value >= most; most *= 10) digits++;
    }
    at += digits;
    this.length = at;
    // Beyond 32 bits the remainder is one of floating point, so is the loop.
    while (value > 0x7fff_ffff) {
      const rest = Math.floor(value / 100);
      const pair = value - rest * 100;
      bytes[--at] = LETTERS[pair % 10]!;
      bytes[--at] = TENS[pair]!;
      value = rest;
    }
    let word = value | 0;
    while (word >= 10) {
      const rest = (word / 10) | 0;
      bytes[--at] = ZERO + word - rest * 10;
      word = rest;
    }
    if (word > 0 || at > this.length - digits) bytes[--at] = ZERO + word;
  }

  /**
   * Appends 32 bits, int32 or not, as a whole number without a sign: what is
   * over 2^31 and handed to {@linkcode Writer.decimal} is kept on the heap.
   */
  unsigned(word: number): void {
    word |= 0;
    if (word >= 0) return this.decimal(word);
    const tens = Math.floor((word >>> 0) / 10);
    this.decimal(tens);
    this.byte(ZERO + (word >>> 0) - 10 * tens);
  }

  /** Appends a number in `digits` decimal digits, zeros in front. */
  padded(value: number, digits: number): void {
    this.reserve(digits);
    const { bytes } = this;
    this.length += digits;
    for (let at = this.length; digits > 0; digits--) {
      const rest = Math.floor(value / 10);
      bytes[--at] = ZERO + value - rest * 10;
      value = rest;
    }
  }

  /** Appends the low `digits` hexadecimal digits of 32 bits, zeros in front. */
  hex(value: number, digits: number): void {
    this.reserve(digits);
    const { bytes } = this;
    this.length += digits;
    for (let at = this.length; digits > 0; digits--) {
      bytes[--at] = LETTERS[value & 15]!;
      value >>>= 4;
    }
  }

  /** Appends 32 bits in hexadecimal digits, no zeros in front. */
  shortHex(value: number): void {
    const digits = (35 - Math.clz32(value)) >> 2;
    this.hex(value, digits === 0 ? 1 : digits);
  }

  /** Appends the octets `from`..`to` of `view`, two digits each. */
  octets(view: DataView, from: number, to: number): void {
    if (to <= from) return;
    this.reserve(2 * (to - from));
    const { bytes } = this;
    let at = this.length;
    for (let i = from; i < to; i++) {
      const octet = view.getUint8(i);
      bytes[at] = UPPER[octet]!;
      bytes[at + 1] = LOWER[octet]!;
      at += 2;
    }
    this.length = at;
  }

  /** Appends an IPv4 address, int32, as dotted decimals. */
  ipv4(address: number): void {
    this.reserve(15);
    const { bytes } = this;
    let at = this.length;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const octet = address >>> shift & 255;
      if (octet >= 100) {
        const hundreds = octet >= 200 ? 2 : 1;
        const rest = octet - 100 * hundreds;
        bytes[at++] = ZERO + hundreds;
        bytes[at++] = TENS[rest]!;
        bytes[at++] = LETTERS[rest % 10]!;
      } else {
        if (octet >= 10) bytes[at++] = TENS[octet]!;
        bytes[at++] = LETTERS[octet % 10]!;
      }
      bytes[at++] = DOT;
    }
    this.length = at - 1;
  }

  /** Appends an Ethernet address, uint16 and int32, as pairs of digits. */
  mac(high: number, low: number): void {
    this.reserve(18);
    this.#pair(high >>> 8 & 255);
    this.#pair(high & 255);
    this.#pair(low >>> 24);
    this.#pair(low >>> 16 & 255);
    this.#pair(low >>> 8 & 255);
    this.#pair(low & 255);
    this.length--;
  }

  /**
   * Appends an IPv6 address, four int32 words, in the form of RFC 5952: the
   * first of the longest runs of zeros left out, an IPv4-mapped address with
   * decimals at its end.
   */
  ipv6(w0: number, w1: number, w2: number, w3: number): void {
    this.reserve(MOST_IPV6);
    if (w0 === 0 && w1 === 0 && w2 === 0xffff) {
      this.text("::ffff:");
      this.ipv4(w3);
      return;
    }
    let best = -1;
    let most = 1;
    let run = 0;
    for (let i = 0; i < 8; i++) {
      if (group(w0, w1, w2, w3, i) !== 0) {
        run = 0;
      } else if (++run > most) {
        most = run;
        best = i - run + 1;
      }
    }
    for (let i = 0; i < 8; i++) {
      if (i === best) {
        this.bytes[this.length++] = COLON;
        if (i === 0) this.bytes[this.length++] = COLON;
        i += most - 1;
        continue;
      }
      this.shortHex(group(w0, w1, w2, w3, i));
      if (i < 7) this.bytes[this.length++] = COLON;
    }
  }

  /**
   * Appends octets of a name or text as the inside of a JSON string: quotes,
   * backslashes and control characters, DEL and those from 128 on among them,
   * are escaped, so that no stranger writes to a terminal; octets from 160 on
   * stand for the characters of ISO 8859-1.
   */
  escaped(view: DataView, from: number, to: number): void {
    this.reserve(6 * (to - from));
    const { bytes } = this;
    let at = this.length;
    for (let i = from; i < to; i++) {
      const octet = view.getUint8(i);
      if (octet >= 0xa0) {
        bytes[at++] = 0xc0 | octet >> 6;
        bytes[at++] = 0x80 | octet & 0x3f;
      } else if (octet < 0x20 || octet >= 0x7f) {
        bytes[at++] = BACKSLASH;
        bytes[at++] = 0x75;
        bytes[at++] = ZERO;
        bytes[at++] = ZERO;
        bytes[at++] = UPPER[octet]!;
        bytes[at++] = LOWER[octet]!;
      } else {
        if (octet === QUOTE || octet === BACKSLASH) bytes[at++] = BACKSLASH;
        bytes[at++] = octet;
      }
    }
    this.length = at;
  }

  /**
   * Appends the octets `from`..`to` as characters, `.` in place of those that
   * are not printable ASCII, so that no stranger writes to a terminal.
   */
  printable(view: DataView, from: number, to: number): void {
    this.reserve(to - from);
    const { bytes } = this;
    let at = this.length;
    for (let i = from; i < to; i++) {
      const octet = view.getUint8(i);
      bytes[at++] = octet >= 0x20 && octet < 0x7f ? octet : DOT;
    }
    this.length = at;
  }

  /** What was written, from an offset on, as a string. */
  toString(from: number = 0): string {
    return DECODER.decode(this.bytes.subarray(from, this.length));
  }

  #pair(octet: number): void {
    const at = this.length;
    this.bytes[at] = UPPER[octet]!;
    this.bytes[at + 1] = LOWER[octet]!;
    this.bytes[at + 2] = COLON;
    this.length = at + 3;
  }

  #encode(text: string): void {
    const encoded = ENCODER.encode(text);
    this.copy(encoded, 0, encoded.length);
  }

  #grow(need: number): void {
    const bytes = new Uint8Array(Math.max(need, 2 * this.bytes.length));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}

/** The 16-bit group `index` of an IPv6 address. */
function group(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  index: number,
): number {
  const word = index < 2 ? w0 : index < 4 ? w1 : index < 6 ? w2 : w3;
  return (index & 1) === 0 ? word >>> 16 : word & 0xffff;
}
