/**
 * A file that is written in large pieces.
 *
 * @module
 */

const SIZE = 1 << 18;

/** Gathers what is written; the disk gets it when much has come, or on demand. */
export class OctetFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(SIZE);
  #used = 0;

  /** Makes the file or empties it. Needs `--allow-write`. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, {
      write: true,
      create: true,
      truncate: true,
    });
  }

  /** Adds octets; they are copied. */
  write(octets: Uint8Array): void {
    if (octets.length > SIZE - this.#used) this.flush();
    if (octets.length > SIZE) return this.#put(octets);
    this.#buffer.set(octets, this.#used);
    this.#used += octets.length;
  }

  /** Hands everything to the disk. */
  flush(): void {
    if (this.#used > 0) this.#put(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #put(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      at += this.#file.writeSync(octets.subarray(at));
    }
  }

  /** Hands everything to the disk and closes the file. */
  [Symbol.dispose](): void {
    this.flush();
    this.#file.close();
  }
}
