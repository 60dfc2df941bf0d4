/**
 * Octets fixed for life, and copies between them that leave no garbage.
 *
 * @module
 */

/** Octets of a WebAssembly page. */
const PAGE = 65536;
/** Copies shorter than this are done in TypeScript. */
const SHORT = 32;
/** Pairs of memories that a destination remembers how to copy between. */
const REMEMBERED = 8;

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
  readonly #sources: Memory[] = [];
  readonly #copiers: (Copier | undefined)[] = [];

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
      const copier = source === this.#sources[0]
        ? this.#copiers[0]
        : this.#copier(source);
      if (copier !== undefined) return copier(at, from, length);
    }
    copyWords(this.view, at, source.view, from, length);
  }

  /** Sets `length` octets at `at` to `value`. */
  fill(at: number, length: number, value: number): void {
    this.bytes.fill(value, at, at + length);
  }

  /** How to copy from `source`, moved to the front of what is remembered. */
  #copier(source: Memory): Copier | undefined {
    const sources = this.#sources;
    const copiers = this.#copiers;
    let i = sources.indexOf(source);
    let copier: Copier | undefined;
    if (i >= 0) copier = copiers[i];
    else {
      if (sources.length < REMEMBERED) {
        sources.push(source);
        copiers.push(undefined);
      }
      i = sources.length - 1;
      copier = this.#bind(source);
    }
    for (; i > 0; i--) {
      sources[i] = sources[i - 1]!;
      copiers[i] = copiers[i - 1];
    }
    sources[0] = source;
    copiers[0] = copier;
    return copier;
  }

  #bind(source: Memory): Copier | undefined {
    if (this.wasm === undefined || source.wasm === undefined) return undefined;
    const code = compiled();
    if (code === undefined) return undefined;
    const instance = new WebAssembly.Instance(code, {
      d: { m: this.wasm },
      s: { m: source.wasm },
    });
    return instance.exports.copy as Copier;
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
