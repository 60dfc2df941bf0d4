import fc from "fast-check";

/** Any int32. */
export const word: fc.Arbitrary<number> = fc.integer({
  min: -0x8000_0000,
  max: 0x7fff_ffff,
});

/** A view of exactly these octets: reading outside throws. */
export function exactly(octets: Iterable<number>): DataView {
  return new DataView(Uint8Array.from(octets).buffer);
}

/** The octets of a view. */
export function octetsOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Reads every accessor of an object once, and says what they gave. */
export function readAll(subject: object): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const own = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(subject));
  for (const [name, { get }] of Object.entries(own)) {
    if (get !== undefined) values[name] = get.call(subject);
  }
  return values;
}
