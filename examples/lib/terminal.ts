/**
 * What programs print.
 *
 * @module
 */

const encoder = new TextEncoder();

function write(stream: typeof Deno.stdout | typeof Deno.stderr, text: string) {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) {
    at += stream.writeSync(bytes.subarray(at));
  }
}

/** Prints one line to standard output. */
export function print(line: string): void {
  write(Deno.stdout, `${line}\n`);
}

/** Prints one line to standard error. */
export function complain(line: string): void {
  write(Deno.stderr, `${line}\n`);
}
