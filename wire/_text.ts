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

/** The value of a hexadecimal digit, or -1 where there is none. */
export function hexadecimal(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
