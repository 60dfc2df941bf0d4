/**
 * The internet checksum, [RFC 1071](https://www.rfc-editor.org/rfc/rfc1071),
 * and its update in place, [RFC 1624](https://www.rfc-editor.org/rfc/rfc1624).
 *
 * A partial sum is the folded one's complement sum of big-endian 16-bit words,
 * 0..0xffff, and is 0 only if every octet summed is. Partial sums of pieces
 * that start at even offsets combine in any order; {@linkcode finish} makes the
 * checksum of one. Octets that include a right checksum sum to 0xffff.
 *
 * ```ts
 * import { checksum } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * // The example of RFC 1071 section 3.
 * const octets = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
 * const view = new DataView(octets.buffer);
 * const first = checksum.sum(view, 0, 4);
 * const second = checksum.sum(view, 4, 4);
 * assertEquals(checksum.combine(first, second), 0xddf2);
 * assertEquals(checksum.finish(0xddf2), 0x220d);
 * ```
 *
 * @module
 */

import { MODULE } from "./_checksum_module.ts";

/**
 * The partial sum of `length` octets at `at`, on top of the partial sum `seed`.
 *
 * An odd last octet is padded with a zero. Any alignment is as fast.
 */
export function sum(
  view: DataView,
  at: number,
  length: number,
  seed: number = 0,
): number {
  // The sum is independent of the byte order up to a final swap (RFC 1071
  // section 2 (B)), and a double adds 2^21 words of 32 bits exactly.
  const end = at + length;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (const last = end - 16; at <= last; at += 16) {
    a += view.getUint32(at, true);
    b += view.getUint32(at + 4, true);
    c += view.getUint32(at + 8, true);
    d += view.getUint32(at + 12, true);
  }
  for (const last = end - 4; at <= last; at += 4) {
    a += view.getUint32(at, true);
  }
  if (end - at >= 2) {
    b += view.getUint16(at, true);
    at += 2;
  }
  if (at < end) c += view.getUint8(at);
  const total = a + b + c + d;
  const low = total >>> 0;
  const high = (total - low) / 0x1_0000_0000;
  const swapped = fold((low & 0xffff) + (low >>> 16) + high);
  return fold(((swapped & 0xff) << 8) + (swapped >>> 8) + seed);
}

/** Carries around what exceeds 16 bits; `total` is at most 2^31 - 1. */
function fold(total: number): number {
  const once = (total & 0xffff) + (total >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** The partial sum of two pieces; the second must start at an even offset. */
export function combine(a: number, b: number): number {
  return fold(a + b);
}

/** The value for the checksum field, from the partial sum of all else. */
export function finish(sum: number): number {
  return ~sum & 0xffff;
}

/**
 * The checksum after a 16-bit word has changed, by equation 3 of RFC 1624.
 *
 * The word must start at an even offset of what is summed.
 */
export function update16(
  checksum: number,
  old: number,
  replacement: number,
): number {
  return ~fold((~checksum & 0xffff) + (~old & 0xffff) + replacement) & 0xffff;
}

/** The checksum after a 32-bit word, signed or not, has changed (RFC 1624). */
export function update32(
  checksum: number,
  old: number,
  replacement: number,
): number {
  return ~fold(
    (~checksum & 0xffff) + (~old & 0xffff) + (~old >>> 16) +
      (replacement & 0xffff) + (replacement >>> 16),
  ) & 0xffff;
}

/**
 * The partial sum of the pseudo header that UDP and TCP prepend over IPv4.
 *
 * Addresses are int32 in host order; `length` counts header and payload.
 */
export function pseudo4(
  source: number,
  destination: number,
  protocol: number,
  length: number,
): number {
  return fold(
    (source >>> 16) + (source & 0xffff) + (destination >>> 16) +
      (destination & 0xffff) + protocol + length,
  );
}

/**
 * The partial sum of the pseudo header that upper layers prepend over
 * IPv6 (RFC 8200 section 8.1).
 *
 * `addresses` is the partial sum of source and final destination, in any order:
 * `ipv6.View.addressSum` has it of a header, {@linkcode combine} joins it of two
 * `ipv6.Address.sum`, and a connection may keep it. `length` counts the upper
 * layer's header and payload, to 2^32 - 1 in a jumbogram.
 */
export function pseudo6(
  addresses: number,
  nextHeader: number,
  length: number,
): number {
  return fold(addresses + nextHeader + (length >>> 16) + (length & 0xffff));
}

type Sum = (at: number, length: number, seed: number) => number;

let compiled: WebAssembly.Module | undefined;

function instantiate(memory: WebAssembly.Memory): Sum {
  compiled ??= new WebAssembly.Module(MODULE);
  const instance = new WebAssembly.Instance(compiled, { m: { m: memory } });
  return instance.exports.sum as Sum;
}

// A 32-bit lane takes a little under 2^20 octets without a carry.
const ROUND_LIMIT = 1 << 19;

/**
 * {@linkcode sum} bound to one memory, in WebAssembly with 128-bit vectors.
 *
 * Gives the same result for every length and alignment, several times as
 * fast for a full segment. Where vectors are missing it falls back to `sum`.
 * The memory must not grow: that detaches every view of it.
 */
export class Kernel {
  /** Whether this runtime has WebAssembly with 128-bit vectors. */
  static readonly supported: boolean = typeof WebAssembly === "object" &&
    WebAssembly.validate(MODULE);

  readonly #view: DataView;
  readonly #vector: Sum | undefined;

  /** Binds to unshared memory. */
  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
    this.#vector = Kernel.supported ? instantiate(memory) : undefined;
  }

  /** The partial sum of `length` octets at `at`, on top of `seed`. */
  sum(at: number, length: number, seed: number = 0): number {
    if (this.#vector === undefined) return sum(this.#view, at, length, seed);
    while (length > ROUND_LIMIT) {
      seed = this.#vector(at, ROUND_LIMIT, seed);
      at += ROUND_LIMIT;
      length -= ROUND_LIMIT;
    }
    return this.#vector(at, length, seed);
  }
}
