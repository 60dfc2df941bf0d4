/**
 * A line on the terminal that says how far a transfer has come.
 *
 * @module
 */

const encoder = new TextEncoder();
/** µs between two lines. */
const INTERVAL = 100_000;

/** `1234567` octets as `1.23 MB`. */
export function quantity(octets: number, unit = "B"): string {
  const prefixes = ["", "k", "M", "G", "T"];
  let i = 0;
  while (octets >= 999.5 && i < prefixes.length - 1) {
    octets /= 1000;
    i++;
  }
  const text = i === 0 ? String(Math.round(octets)) : octets.toPrecision(3);
  return `${text} ${prefixes[i]}${unit}`;
}

/** Shows a transfer on standard error. */
export class Progress {
  readonly #now: () => number;
  readonly #begin: number;
  #shownAt = -Infinity;
  #line = "";

  /** `now` gives µs. */
  constructor(now: () => number) {
    this.#now = now;
    this.#begin = now();
  }

  /** Octets so far, and in all if that is known. */
  show(octets: number, total: number | undefined): void {
    const now = this.#now();
    const seconds = (now - this.#begin) / 1e6;
    const rate = seconds > 0 ? octets * 8 / seconds : 0;
    const share = total === undefined || total === 0
      ? ""
      : ` of ${quantity(total)} (${Math.floor(100 * octets / total)} %)`;
    this.#line = `${quantity(octets)}${share}, ${quantity(rate, "bit/s")}`;
    if (now - this.#shownAt < INTERVAL) return;
    this.#shownAt = now;
    this.#write(`\r\x1b[K${this.#line}`);
  }

  /** Leaves the last line standing. */
  end(): void {
    if (this.#line !== "") this.#write(`\r\x1b[K${this.#line}\n`);
  }

  #write(text: string): void {
    Deno.stderr.writeSync(encoder.encode(text));
  }
}
