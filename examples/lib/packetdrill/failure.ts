/**
 * What becomes of a script.
 *
 * @module
 */

/** Why a script failed. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly line: number;
  /** What was expected, and what came, in the language of scripts. */
  readonly details: readonly string[];

  constructor(line: number, message: string, details: readonly string[] = []) {
    super(message);
    this.line = line;
    this.details = details;
  }
}

/** What became of a script. */
export interface Result {
  readonly failure: Failure | undefined;
  /** Failures that `--non_fatal` lets pass. */
  readonly passed: readonly Failure[];
  /** What was ignored, and what the script printed. */
  readonly notes: readonly string[];
  /** Virtual time at the end, µs. */
  readonly time: number;
  /** Everything that the host has sent, for `--verbose`. */
  readonly sent: readonly string[];
}
