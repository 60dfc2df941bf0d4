// What targets of `_fuzz_target_test_util.ts` are made of.

import type { Random, Target } from "./_fuzz_test_util.ts";

/** A cursor that judges what it points at. */
export interface Cursor {
  view: DataView;
  start: number;
  end: number;
  wrap(view: DataView, start: number, end: number): unknown;
  check(): string | undefined;
}

/** A record that reads and writes what a cursor shows. */
export interface Writable<V> {
  parse(from: V): string | undefined;
  readonly bufferLength: number;
  emit(view: DataView, at: number): void;
}

/** A walk. */
export interface Walk {
  next(): boolean;
}

/** Accessors that an object does not have, in the state that it is in. */
export type Foreign = ReadonlySet<string>;

type Getter = () => unknown;

const NOTHING: Foreign = new Set();
const GETTERS: Map<object, Map<Foreign, readonly Getter[]>> = new Map();

/** The getters of a class and those above it, but for some. */
function getters(prototype: object, foreign: Foreign): readonly Getter[] {
  let sets = GETTERS.get(prototype);
  if (sets === undefined) GETTERS.set(prototype, sets = new Map());
  let all = sets.get(foreign);
  if (all === undefined) {
    const found: Getter[] = [];
    for (
      let p = prototype;
      p !== Object.prototype;
      p = Object.getPrototypeOf(p)
    ) {
      const own = Object.getOwnPropertyDescriptors(p);
      for (const [name, { get }] of Object.entries(own)) {
        if (get !== undefined && !foreign.has(name)) found.push(get);
      }
    }
    sets.set(foreign, all = found);
  }
  return all;
}

/** Reads every accessor but those that are not the subject's own. */
export function look(subject: object, foreign: Foreign = NOTHING): void {
  const all = getters(Object.getPrototypeOf(subject), foreign);
  for (let i = 0; i < all.length; i++) all[i]!.call(subject);
}

/** Walks to the end, reading all; no step may be for nothing. */
export function walk(
  walker: Walk,
  octets: number,
  each?: () => void,
  foreign?: () => Foreign | undefined,
): void {
  let steps = 0;
  while (walker.next()) {
    if (++steps > octets + 1) {
      throw new RangeError(`Cannot end: ${steps} steps in ${octets} octets`);
    }
    look(walker, foreign?.());
    each?.();
  }
  if (walker.next()) throw new RangeError("Cannot stay at the end");
}

/** Where things are written. */
export const SCRATCH: DataView = new DataView(new ArrayBuffer(1 << 18));
/** Where addresses are copied. */
export const WORDS: Int32Array = new Int32Array(8);

/** Emits what was parsed: nothing read may make that fail. */
export function write(
  record: {
    readonly bufferLength: number;
    emit(view: DataView, at: number): void;
  },
): number {
  const length = record.bufferLength;
  if (!(length >= 0 && length <= SCRATCH.byteLength)) {
    throw new RangeError(`Cannot write ${length} octets`);
  }
  record.emit(SCRATCH, 0);
  return length;
}

/**
 * Fills a record with numbers of all sizes, counts and lengths but small: nested
 * records too.
 */
export function scatter(record: object, random: Random): void {
  for (const [key, value] of Object.entries(record)) {
    let made: unknown;
    if (typeof value === "boolean") made = random.below(2) === 0;
    else if (typeof value === "number") {
      if (/Count$/.test(key)) made = random.below(3);
      else if (/Length$/.test(key)) made = 4 * random.below(5);
      else {
        const some = random.of([value, 0, 1, 6, 17, random.word() & 0xff]);
        made = random.below(2) === 0
          ? some
          : random.word() >>> random.of([0, 16, 24]);
      }
    } else if (value instanceof Uint8Array || value instanceof Int32Array) {
      for (let i = 0; i < value.length && i < 64; i++) {
        value[i] = random.word();
      }
      continue;
    } else if (value !== null && typeof value === "object") {
      scatter(value, random);
      continue;
    } else continue;
    Reflect.set(record, key, made);
  }
}

/** A header with its record; `more` reads what else there is. */
export function header<V extends Cursor>(
  name: string,
  layers: readonly string[],
  cursor: V,
  fresh?: () => Writable<V>,
  more?: (cursor: V) => void,
  extra: Partial<Target> & {
    /** Accessors that the message at hand does not have. */
    foreign?: (cursor: V) => Foreign | undefined;
  } = {},
): Target {
  const { foreign, ...rest } = extra;
  const record = fresh?.();
  const target: Target = {
    name,
    layers,
    run(view, start, end): void {
      cursor.wrap(view, start, end);
      const reason = cursor.check();
      if (record !== undefined && record.parse(cursor) === undefined) {
        write(record);
      }
      if (reason !== undefined) return;
      look(cursor, foreign?.(cursor));
      more?.(cursor);
    },
    ...rest,
  };
  if (fresh === undefined || extra.make !== undefined) return target;
  const probe = Object.create(cursor) as V;
  const make = (random: Random, view: DataView): number => {
    let length = 0;
    // Not every record that can be made says something sound.
    for (let i = 0; i < 8; i++) {
      const made = fresh();
      scatter(made, random);
      length = made.bufferLength;
      if (!(length >= 0 && length <= 1500)) continue;
      try {
        made.emit(view, 0);
      } catch {
        continue;
      }
      probe.wrap(view, 0, length);
      try {
        if (cursor.wrap(view, 0, length) && cursor.check() === undefined) break;
      } catch {
        // The run itself will tell.
      }
    }
    return Math.min(1500, Math.max(0, length) || 0);
  };
  return { ...target, make };
}
