// The jumbo payload length, without which a packet's end is not known.

/** Type of the jumbo payload option (RFC 2675 section 2). */
export const JUMBO_PAYLOAD = 0xc2;

/**
 * The jumbo payload length in the hop-by-hop options at `at`, or -1 if there is
 * none. Reads nothing from `end` on.
 */
export function findJumbo(view: DataView, at: number, end: number): number {
  if (end - at < 8) return -1;
  const last = Math.min(end, at + 8 * (1 + view.getUint8(at + 1)));
  at += 2;
  while (at < last) {
    const type = view.getUint8(at);
    if (type === 0) {
      at++;
      continue;
    }
    if (last - at < 2) return -1;
    const length = view.getUint8(at + 1);
    if (length > last - at - 2) return -1;
    if (type === JUMBO_PAYLOAD) {
      return length === 4 ? view.getUint32(at + 2) : -1;
    }
    at += 2 + length;
  }
  return -1;
}
