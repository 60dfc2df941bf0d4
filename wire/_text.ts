// What the text forms of addresses share.

/** Text does not have the form of an address; the message names the place. */
export class AddressError extends SyntaxError {
  /** The name `"AddressError"`. */
  override readonly name = "AddressError";
  /** The text that was refused. */
  readonly text: string;
  /** Index in the text of what is wrong. */
  readonly position: number;

  /** Describes one refused text by what was expected at `position`. */
  constructor(
    kind: string,
    text: string,
    position: number,
    expected: string,
  ) {
    const rest = position < text.length
      ? `at ${quote(text.slice(position, position + 41))}`
      : "at its end";
    super(
      `Cannot parse ${quote(text)} as ${kind}: expected ${expected} ${rest}`,
    );
    this.text = text;
    this.position = position;
  }
}

/** The beginning of a text of any length, in quotes. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/**
 * The decimal number in `text` from `from` to `to`, or -1 where there is none,
 * a leading zero, or more than `max`.
 */
export function decimal(
  text: string,
  from: number,
  to: number,
  max: number,
): number {
  if (to <= from || to - from > 5) return -1;
  if (to - from > 1 && text.charCodeAt(from) === 0x30) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= max ? value : -1;
}

/** The int32 of four decimal fields in `text` from `from` to `to`. */
export function dotted(
  text: string,
  kind: string,
  from: number,
  to: number,
): number | AddressError {
  let value = 0;
  let at = from;
  for (let field = 0; field < 4; field++) {
    // Looks no further than a field can reach, so huge input costs nothing.
    let stop = at;
    const limit = Math.min(to, at + 4);
    while (stop < limit && text.charCodeAt(stop) !== 0x2e) stop++;
    const octet = decimal(text, at, stop, 255);
    if (octet < 0) {
      return new AddressError(kind, text, at, "0..255 without leading zero");
    }
    value = value << 8 | octet;
    if (field < 3 && stop === to) {
      return new AddressError(kind, text, stop, 'four fields and "."');
    }
    at = field < 3 ? stop + 1 : stop;
  }
  return at === to
    ? value
    : new AddressError(kind, text, at, "four fields and no more");
}

/** The value of a hexadecimal digit, or -1 where there is none. */
export function hexadecimal(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
