/**
 * From the text of a script to its result.
 *
 * @module
 */

import { type Script, ScriptError } from "./ast.ts";
import { isFreebsd } from "./commands.ts";
import { type Config, configure, defaults } from "./config.ts";
import { withOwnCookies } from "./fast_open.ts";
import { Failure, type Result } from "./failure.ts";
import { hintsOf } from "./hints.ts";
import { type Definitions, parse } from "./parser.ts";
import { run } from "./run.ts";
import { freebsd, linux } from "./knobs.ts";

/** Options as they stood on the command line, and words that stand for others. */
export interface Given {
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly defined?: Definitions;
}

/** A script's result, or the error that kept it from running. */
export interface Verdict {
  readonly file: string;
  /** Whether the text could be understood. */
  readonly parsed: boolean;
  readonly result: Result;
}

/** Parses and runs the text of a script. */
export function judge(
  file: string,
  text: string,
  given: Given = { options: [] },
): Verdict {
  let script: Script;
  let config: Config;
  try {
    script = withOwnCookies(parse(file, text, given.defined));
    config = configured(script, given);
  } catch (error) {
    if (!(error instanceof ScriptError) && !(error instanceof RangeError)) {
      throw error;
    }
    const line = error instanceof ScriptError ? error.line : 1;
    return unread(file, error.message, line);
  }
  const { profile } = config;
  const bsd = profile === "freebsd" || (profile === "auto" && isFreebsd(text));
  const knobs = bsd ? freebsd() : linux();
  knobs.hints = hintsOf(script);
  const result = run(script, config, knobs);
  const notes = config.ignored.map((name) => `ignored: ${name}`);
  return {
    file,
    parsed: true,
    result: { ...result, notes: [...notes, ...result.notes] },
  };
}

/** The verdict on a script that cannot be read, or not be understood. */
export function unread(file: string, reason: string, line = 1): Verdict {
  const failure = new Failure(line, reason);
  return {
    file,
    parsed: false,
    result: { failure, passed: [], notes: [], time: 0, sent: [] },
  };
}

/** The headers of a script, and over them the command line. */
function configured(script: Script, given: Given): Config {
  const config = defaults();
  for (const [name, value] of script.options) {
    if (!configure(config, name, value)) config.ignored.push(`--${name}`);
  }
  for (const [name, value] of given.options) {
    if (!configure(config, name, value)) {
      throw new RangeError(`Cannot use --${name}: there is no such option`);
    }
  }
  return config;
}

/** A failure in lines: where, what, and the two packets under each other. */
export function failureText(file: string, failure: Failure): string {
  return [
    `${file}:${failure.line}: ${failure.message}`,
    ...failure.details.map((line) => `    ${line}`),
  ].join("\n");
}
