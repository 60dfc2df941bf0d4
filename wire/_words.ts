// An IPv6 address: 16 octets of a view, and four int32 words of an array.

/** Copies the address at `from` of `view` to four words at `at` of `into`. */
export function readWords(
  view: DataView,
  from: number,
  into: Int32Array,
  at: number,
): void {
  for (let i = 0; i < 4; i++) into[at + i] = view.getInt32(from + 4 * i);
}

/** Writes four words at `at` of `words` to `to` of `view`. */
export function writeWords(
  view: DataView,
  to: number,
  words: Int32Array,
  at: number,
): void {
  for (let i = 0; i < 4; i++) view.setInt32(to + 4 * i, words[at + i]!);
}
