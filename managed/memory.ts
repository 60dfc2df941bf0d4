/**
 * Octets fixed for life, and copies between them that leave no garbage.
 *
 * @module
 */

/** Octets of a WebAssembly page. */
const PAGE = 65536;
/** Copies shorter than this are done in TypeScript. */
const SHORT = 32;
/** Sources that a destination binds to; each costs some kilobytes once. */
const SOURCES = 256;

type Copier = (at: number, from: number, length: number) => void;

// (module
//   (import "d" "m" (memory 0)) (import "s" "m" (memory 0))
//   (func (export "copy") (param i32 i32 i32)
//     local.get 0  local.get 1  local.get 2  memory.copy 0 1))
// deno-fmt-ignore
const COPY: readonly number[] = [
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x07, 0x01, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x00,
  0x02, 0x0f, 0x02, 0x01, 0x64, 0x01, 0x6d, 0x02, 0x00, 0x00,
  0x01, 0x73, 0x01, 0x6d, 0x02, 0x00, 0x00,
  0x03, 0x02, 0x01, 0x00,
  0x07, 0x08, 0x01, 0x04, 0x63, 0x6f, 0x70, 0x79, 0x00, 0x00,
  0x0a, 0x0e, 0x01, 0x0c, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02,
  0xfc, 0x0a, 0x00, 0x01, 0x0b,
];

let module: WebAssembly.Module | undefined;

/** The compiled module, or `undefined` where several memories are not known. */
function compiled(): WebAssembly.Module | undefined {
  if (module !== undefined) return module;
  const octets = new Uint8Array(COPY);
  if (!WebAssembly.validate(octets)) return undefined;
  module = new WebAssembly.Module(octets);
  return module;
}

/** Octets that never move and never grow. */
export class Memory {
  /** All octets. */
  readonly bytes: Uint8Array;
  /** The same octets. */
  readonly view: DataView;
  /** The WebAssembly memory behind them, if there is one. */
  readonly wasm: WebAssembly.Memory | undefined;
  // The last source, and how to copy from each seen so far.
  #source: Memory | undefined = undefined;
  #copy: Copier | undefined = undefined;
  readonly #copiers: WeakMap<Memory, Copier> = new WeakMap();
  #bound = 0;

  private constructor(
    bytes: Uint8Array,
    wasm: WebAssembly.Memory | undefined,
  ) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wasm = wasm;
  }

  /**
   * Fresh octets, all 0, in a WebAssembly memory of fixed size; rounded up to
   * whole pages.
   */
  static allocate(octets: number): Memory {
    const pages = Math.max(1, Math.ceil(octets / PAGE));
    const wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    return new Memory(new Uint8Array(wasm.buffer), wasm);
  }

  /** Octets that were handed in; they must not be detached or resized. */
  static from(bytes: Uint8Array): Memory {
    return new Memory(bytes, undefined);
  }

  /**
   * Copies `length` octets at `from` of `source` to `at`. Ranges of the same
   * memory may overlap.
   *
   * @throws {RangeError} if a range lies outside; then nothing is copied that
   * lies outside.
   */
  copy(at: number, source: Memory, from: number, length: number): void {
    if (length <= 0) return;
    if (source === this) {
      this.bytes.copyWithin(at, from, from + length);
      return;
    }
    if (length >= SHORT) {
      if (source !== this.#source) this.#turn(source);
      const copy = this.#copy;
      if (copy !== undefined) return copy(at, from, length);
    }
    copyWords(this.view, at, source.view, from, length);
  }

  /** Sets `length` octets at `at` to `value`. */
  fill(at: number, length: number, value: number): void {
    this.bytes.fill(value, at, at + length);
  }

  /** Makes `source` the last one. */
  #turn(source: Memory): void {
    this.#source = source;
    this.#copy = this.#copiers.get(source);
    if (this.#copy !== undefined || this.#bound === SOURCES) return;
    if (this.wasm === undefined || source.wasm === undefined) return;
    const code = compiled();
    if (code === undefined) return;
    const instance = new WebAssembly.Instance(code, {
      d: { m: this.wasm },
      s: { m: source.wasm },
    });
    this.#copy = instance.exports.copy as Copier;
    this.#copiers.set(source, this.#copy);
    this.#bound++;
  }
}

/** Copies between different memories, four words at a time. */
function copyWords(
  to: DataView,
  at: number,
  source: DataView,
  from: number,
  length: number,
): void {
  const words = at + (length & ~15);
  while (at < words) {
    to.setInt32(at, source.getInt32(from));
    to.setInt32(at + 4, source.getInt32(from + 4));
    to.setInt32(at + 8, source.getInt32(from + 8));
    to.setInt32(at + 12, source.getInt32(from + 12));
    at += 16;
    from += 16;
  }
  const end = at + (length & 15);
  while (at < end) to.setUint8(at++, source.getUint8(from++));
}
