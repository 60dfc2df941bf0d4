/**
 * A folder for files that are wanted for a while.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A folder that is removed on disposal. */
export class Scratch implements Disposable {
  /** Where it is. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "ethox-" });

  /** The path of a file in it. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Removes it and all that is in it. */
  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** SHA-256 of a file in hexadecimal. */
export async function sumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of (await Deno.open(file)).readable) {
    hash.update(piece);
  }
  return hash.digest("hex");
}

const PIECE = 1 << 20;

/** Writes a file of so many octets that nobody can guess. */
export function fill(file: string, octets: number): void {
  using out = Deno.openSync(file, { write: true, create: true });
  const piece = new Uint8Array(PIECE);
  for (let left = octets; left > 0; left -= PIECE) {
    // As much as one call gives.
    for (let at = 0; at < PIECE; at += 65_536) {
      crypto.getRandomValues(piece.subarray(at, at + 65_536));
    }
    const length = Math.min(left, PIECE);
    for (let at = 0; at < length;) {
      at += out.writeSync(piece.subarray(at, length));
    }
  }
}
