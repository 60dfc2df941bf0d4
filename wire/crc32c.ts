/**
 * CRC-32C, the cyclic redundancy check of Castagnoli: polynomial 0x1edc6f41, least
 * significant bit first, as iSCSI
 * ([RFC 3720](https://www.rfc-editor.org/rfc/rfc3720) section 12.1) and SCTP
 * ([RFC 9260](https://www.rfc-editor.org/rfc/rfc9260) appendix A) use it. Both
 * send its least significant octet first.
 *
 * ```ts
 * import { crc32c } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new TextEncoder().encode("123456789").buffer);
 * assertEquals(crc32c.crc(view, 0, 9) >>> 0, 0xe3069283);
 *
 * // In two pieces.
 * const first = crc32c.crc(view, 0, 4);
 * assertEquals(crc32c.crc(view, 4, 5, first) >>> 0, 0xe3069283);
 * ```
 *
 * @module
 */

/** The polynomial without its leading term, its bits reversed, int32. */
export const POLYNOMIAL: number = 0x82f63b78 | 0;

/** Eight tables: what a byte leaves with 0 to 7 bytes behind it. */
let tables: Int32Array | undefined;

function build(): Int32Array {
  const built = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) {
      rest = (rest & 1) !== 0 ? rest >>> 1 ^ POLYNOMIAL : rest >>> 1;
    }
    built[byte] = rest;
  }
  for (let i = 256; i < built.length; i++) {
    const rest = built[i - 256]!;
    built[i] = rest >>> 8 ^ built[rest & 0xff]!;
  }
  return built;
}

/**
 * The check of `length` octets from `start`, int32. `before` is that of the
 * octets in front of them, 0 if there are none.
 */
export function crc(
  view: DataView,
  start: number,
  length: number,
  before: number = 0,
): number {
  const table = tables ??= build();
  const end = start + length;
  let rest = ~before;
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    const low = rest ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    rest = table[0x700 | low & 0xff]! ^
      table[0x600 | low >>> 8 & 0xff]! ^
      table[0x500 | low >>> 16 & 0xff]! ^
      table[0x400 | low >>> 24]! ^
      table[0x300 | high & 0xff]! ^
      table[0x200 | high >>> 8 & 0xff]! ^
      table[0x100 | high >>> 16 & 0xff]! ^
      table[high >>> 24]!;
  }
  for (; at < end; at++) {
    rest = rest >>> 8 ^ table[(rest ^ view.getUint8(at)) & 0xff]!;
  }
  return ~rest;
}
