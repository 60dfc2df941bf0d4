// What tries parsers with hostile octets: inputs, the driver, and its figures.
// Which parsers there are stands in `_fuzz_target_test_util.ts`.

/** A generator of numbers that replays by its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Any unsigned 32 bits. */
  word(): number {
    this.#state = this.#state + 0x9e3779b9 | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ mixed >>> 16, 0x21f0aaad);
    mixed = Math.imul(mixed ^ mixed >>> 15, 0x735a2d97);
    return (mixed ^ mixed >>> 15) >>> 0;
  }

  /** A number in 0..`limit - 1`. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** One of some things. */
  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
}

/** A parser under test. */
export interface Target {
  /** Its name, to be chosen by. */
  readonly name: string;
  /** Layers of the oracle whose octets it reads, `frame` for whole ones. */
  readonly layers: readonly string[];
  /** How many inputs it gets, 1 by default: less where each takes long. */
  readonly share?: number;
  /** Parses, then reads every accessor, walk and text there is. */
  run(view: DataView, start: number, end: number): void;
  /** Writes a sound input at 0 and says how long it is. */
  make?(random: Random, view: DataView): number;
  /** Writes the most laborious input of `view.byteLength` octets it knows. */
  hostile?: ((view: DataView) => void)[];
}

/** What came of the inputs of one target. */
export interface Result {
  inputs: number;
  /** Milliseconds spent in the parser. */
  total: number;
  /** Milliseconds that the slowest input took, and its octets. */
  worst: number;
  worstOctets: number;
}

/** An input that a parser did not take: the message replays it. */
export class FuzzError extends Error {
  override readonly name = "FuzzError";
}

const LONGEST = 2048;
const BATCH = 4096;
const FRESH = 48;
const INTERESTING: readonly number[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 20, 31, 32, 40, 63, 64, 0x7f],
  ...[0x80, 0xc0, 0xf0, 0xfe, 0xff],
];

/** Views of exactly so many octets: reading outside throws. */
const POOL: (DataView | undefined)[] = [];

function pooled(length: number): DataView {
  return POOL[length] ??= new DataView(new ArrayBuffer(length));
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Makes inputs of one target, one after the other. */
export class Inputs {
  /** The input at hand: its octets are the first `length`. */
  readonly bytes: Uint8Array = new Uint8Array(2 * LONGEST);
  length = 0;
  readonly #view: DataView = new DataView(this.bytes.buffer);
  readonly #random: Random;
  readonly #target: Target;
  readonly #captured: readonly Uint8Array[];
  readonly #made: Uint8Array[] = [];
  #count = 0;

  constructor(
    target: Target,
    captured: readonly Uint8Array[],
    random: Random,
  ) {
    this.#target = target;
    this.#captured = captured;
    this.#random = random;
  }

  /** Makes the next: random, a changed capture, or a changed sound one. */
  next(): void {
    if (this.#count++ % BATCH === 0) this.#refresh();
    const kind = this.#random.below(8);
    if (kind === 0) this.#anything();
    else {
      const captured = kind < 4 && this.#captured.length > 0;
      const seeds = captured ? this.#captured : this.#made;
      if (seeds.length === 0) this.#anything();
      else this.#change(seeds);
    }
  }

  #refresh(): void {
    const { make } = this.#target;
    if (make === undefined) return;
    for (let i = 0; i < FRESH; i++) {
      this.bytes.fill(0);
      const length = make.call(this.#target, this.#random, this.#view);
      this.#made[i] = this.bytes.slice(0, Math.min(length, LONGEST));
    }
  }

  #anything(): void {
    const random = this.#random;
    this.length = random.below(random.below(4) === 0 ? 600 : 80);
    for (let at = 0; at < this.length; at += 4) {
      this.#view.setUint32(at, random.word());
    }
  }

  #change(seeds: readonly Uint8Array[]): void {
    const random = this.#random;
    const seed = random.of(seeds);
    this.bytes.set(seed);
    this.length = seed.length;
    for (let changes = random.below(5); changes > 0; changes--) {
      this.#mutate(seeds);
    }
  }

  #mutate(seeds: readonly Uint8Array[]): void {
    const { bytes, length } = this;
    const random = this.#random;
    if (length < 2) {
      bytes[length] = random.word();
      this.length++;
      return;
    }
    // Headers stand in front: half of the changes go there.
    const at = random.below(
      random.below(2) === 0 ? Math.min(length, 48) : length,
    );
    switch (random.below(9)) {
      case 0:
        bytes[at] = bytes[at]! ^ 1 << random.below(8);
        return;
      case 1:
        bytes[at] = random.word();
        return;
      case 2:
        bytes[at] = random.of(INTERESTING);
        return;
      case 3: {
        // A length about as long as the rest, or about what there is.
        const near = random.of([length, length - at, 0xffff, 0x7fff, 256]);
        this.#view.setUint16(at, near + random.below(9) - 4);
        return;
      }
      case 4:
        bytes[at] = (bytes[at] ?? 0) + random.below(9) - 4;
        return;
      case 5:
        this.length = at;
        return;
      case 6: {
        const more = Math.min(1 + random.below(40), LONGEST - length);
        for (let i = 0; i < more; i++) bytes[length + i] = random.word();
        this.length += Math.max(0, more);
        return;
      }
      case 7: {
        // A piece again, or left out.
        const piece = Math.min(1 + random.below(24), length - at);
        if (random.below(2) === 0 && length + piece <= LONGEST) {
          bytes.copyWithin(at + piece, at, length);
          this.length += piece;
        } else {
          bytes.copyWithin(at, at + piece, length);
          this.length -= piece;
        }
        return;
      }
      default: {
        const other = random.of(seeds);
        const rest = other.subarray(Math.min(at, other.length));
        bytes.set(rest, at);
        this.length = at + rest.length;
      }
    }
  }
}

/** Tries one target with inputs, for as many as are asked for in each call. */
export class Fuzzer {
  readonly target: Target;
  readonly result: Result = {
    inputs: 0,
    total: 0,
    worst: 0,
    worstOctets: 0,
  };
  readonly #inputs: Inputs;
  readonly #seed: number;
  readonly #random: Random;

  constructor(
    target: Target,
    captured: readonly Uint8Array[],
    seed: number,
  ) {
    this.target = target;
    this.#seed = seed;
    let mixed = seed;
    for (const letter of target.name) {
      mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193);
    }
    this.#random = new Random(mixed);
    this.#inputs = new Inputs(target, captured, this.#random);
  }

  /** @throws {FuzzError} at the first input that the target throws at. */
  run(inputs: number): Result {
    const { target, result } = this;
    const made = this.#inputs;
    for (let i = 0; i < inputs; i++) {
      made.next();
      // What stands in front is not the parser's either.
      const start = this.#random.below(4) === 0 ? 3 : 0;
      const end = start + made.length;
      const view = pooled(end);
      bytesOf(view).set(made.bytes.subarray(0, made.length), start);
      const before = performance.now();
      try {
        target.run(view, start, end);
      } catch (error) {
        const input = hex(made.bytes.subarray(0, made.length));
        throw new FuzzError(
          `${target.name} throws at input ${result.inputs} of seed ${this.#seed}, ${start}..${end}: ${input}`,
          { cause: error },
        );
      }
      const took = performance.now() - before;
      result.inputs++;
      result.total += took;
      if (took > result.worst) {
        result.worst = took;
        result.worstOctets = made.length;
      }
    }
    return result;
  }
}

/** How long a target takes for 16 and 64 KiB of one shape, milliseconds. */
export interface Growth {
  shape: string;
  small: number;
  large: number;
}

const SMALL = 16384;
const LARGE = 65535;

/** Shapes that any parser may meet. */
const FILLS: readonly [string, readonly number[]][] = [
  ["zeroes", [0]],
  ["ones", [1]],
  ["twos", [2]],
  ["fours", [4]],
  ["all bits", [255]],
  ["pointers", [0xc0, 0x0c]],
  ["short options", [1, 0]],
  ["options of two", [5, 2]],
  ["options of four", [0, 4, 0, 0]],
];

/** Times a target with large inputs; the best of three, without warming up. */
export function growth(
  target: Target,
  captured: readonly Uint8Array[],
  random: Random,
): Growth[] {
  const seeds = [...captured.slice(0, 4)];
  for (let i = 0; i < 4 && target.make !== undefined; i++) {
    const view = new DataView(new ArrayBuffer(2 * LONGEST));
    seeds.push(bytesOf(view).slice(0, target.make(random, view)));
  }
  const shapes: [string, (bytes: Uint8Array) => void][] = [];
  for (const [name, pattern] of FILLS) {
    const fill = (bytes: Uint8Array, from: number) => {
      for (let i = from; i < bytes.length; i++) {
        bytes[i] = pattern[(i - from) % pattern.length]!;
      }
    };
    shapes.push([name, (bytes) => fill(bytes, 0)]);
    for (const [i, seed] of seeds.entries()) {
      shapes.push([`${name} behind seed ${i}`, (bytes) => {
        bytes.set(seed.subarray(0, 64));
        fill(bytes, Math.min(64, seed.length));
      }]);
    }
  }
  for (const [i, seed] of seeds.entries()) {
    if (seed.length === 0) continue;
    shapes.push([`seed ${i} again and again`, (bytes) => {
      for (let at = 0; at < bytes.length; at += seed.length) {
        bytes.set(seed.subarray(0, bytes.length - at), at);
      }
    }]);
  }
  for (const [i, write] of (target.hostile ?? []).entries()) {
    shapes.push([
      `hostile ${i}`,
      (bytes) =>
        write(new DataView(bytes.buffer, bytes.byteOffset, bytes.length)),
    ]);
  }
  return shapes.map(([shape, write]) => {
    const time = (length: number) => {
      const view = new DataView(new ArrayBuffer(length));
      write(bytesOf(view));
      let best = Infinity;
      for (let i = 0; i < 3; i++) {
        const before = performance.now();
        target.run(view, 0, length);
        best = Math.min(best, performance.now() - before);
      }
      return best;
    };
    // The larger first: what the compiler learns then helps the smaller.
    const large = time(LARGE);
    return { shape, small: time(SMALL), large };
  });
}

/**
 * Kills the process, saying where it was, if no mark comes for so many seconds:
 * a loop without end cannot be left otherwise.
 */
export class Watchdog {
  readonly #worker: Worker | undefined;

  constructor(seconds: number) {
    // Other engines leave this to whoever started them.
    if (!("kill" in Deno)) return;
    const code = `
      let timer;
      let where = "the start";
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          Deno.stderr.writeSync(new TextEncoder().encode(
            "Hangs, or took over ${seconds} s, behind " + where + "\\n"));
          Deno.kill(Deno.pid, "SIGKILL");
        }, ${seconds * 1000});
      };
      self.onmessage = ({ data }) => { where = data; wait(); };
      wait();
    `;
    this.#worker = new Worker(
      `data:application/javascript,${encodeURIComponent(code)}`,
      { type: "module" },
    );
  }

  /** Says that all went well so far, and where. */
  mark(where: string): void {
    this.#worker?.postMessage(where);
  }

  /** Ends the watch; it does not outlast the process either way. */
  end(): void {
    this.#worker?.terminate();
  }
}
