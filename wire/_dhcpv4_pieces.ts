// Options of DHCP for IPv4 in pieces, as RFC 3396 cuts long ones.

/** Octets of data of the longest piece. */
export const OPTION_MAX = 255;

/** In how many pieces an option with data of some octets is written. */
export function pieces(length: number): number {
  return Math.max(1, Math.ceil(length / OPTION_MAX));
}

/** Writes an option in as many pieces as it needs; octets written. */
export function split(
  code: number,
  from: DataView,
  at: number,
  end: number,
  view: DataView,
  to: number,
): number {
  const first = to;
  do {
    const length = Math.min(OPTION_MAX, end - at);
    view.setUint8(to, code);
    view.setUint8(to + 1, length);
    for (let i = 0; i < length; i++) {
      view.setUint8(to + 2 + i, from.getUint8(at + i));
    }
    to += 2 + length;
    at += length;
  } while (at < end);
  return to - first;
}
