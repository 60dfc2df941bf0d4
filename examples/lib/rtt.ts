/**
 * Round-trip times, summed up as ping does.
 *
 * @module
 */

/** Least, mean, greatest and deviation of the times added, in µs. */
export class RoundTrips {
  /** How many. */
  count = 0;
  /** The least. */
  least = Infinity;
  /** The greatest. */
  greatest = 0;
  #sum = 0;
  #squares = 0;

  /** Adds one, µs. */
  add(time: number): void {
    this.count++;
    this.least = Math.min(this.least, time);
    this.greatest = Math.max(this.greatest, time);
    this.#sum += time;
    this.#squares += time * time;
  }

  /** The mean. */
  get mean(): number {
    return this.#sum / this.count;
  }

  /** The standard deviation, which ping calls `mdev`. */
  get deviation(): number {
    const { mean } = this;
    return Math.sqrt(Math.max(0, this.#squares / this.count - mean * mean));
  }

  /** The last line of ping, or nothing where no time was added. */
  toString(): string {
    if (this.count === 0) return "";
    const times = [this.least, this.mean, this.greatest, this.deviation];
    return `rtt min/avg/max/mdev = ${
      times.map((time) => (time / 1000).toFixed(3)).join("/")
    } ms`;
  }
}

/** A time in ms with the digits that ping prints. */
export function milliseconds(time: number): string {
  const ms = time / 1000;
  const digits = ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : 3;
  return `${ms.toFixed(digits)} ms`;
}
