/**
 * The packetdrill language: headers, then what happens and when.
 *
 * @module
 */

import { type Event, type Script, ScriptError, type When } from "./ast.ts";
import { call } from "./parse_call.ts";
import { packet } from "./parse_packet.ts";
import { Scanner } from "./scanner.ts";

const TIME = /\d+(?:\.\d*)?(?:[eE]-?\d+)?|\.\d+/y;
const OPTION =
  /--?([A-Za-z_][\w-]*)(?:=((?:\w+=)?(?:"[^"]*"|`[^`]*`)|[^\s`"]+))?/y;
const COMMAND = /`((?:[^`\\]|\\[\s\S])*)`/y;
const CODE = /%\{([\s\S]*?)\}%/y;

/** A word that a header or the command line stands another text for. */
export type Definitions = ReadonlyMap<string, string>;

/**
 * Parses a script. `defined` are words that stand for others, beside those of
 * `--define` in its own headers.
 *
 * @throws {ScriptError} with the line, if it cannot be understood
 */
export function parse(
  file: string,
  text: string,
  defined: Definitions = new Map(),
): Script {
  let s = new Scanner(file, text.replaceAll("\r\n", "\n"));
  const options: (readonly [string, string])[] = [];
  const words = new Map(defined);
  while (s.peek(/--?[A-Za-z_]/y) !== undefined) {
    const [, name, value = ""] = s.need(OPTION, "an option such as --mtu=1500");
    options.push([name!, value.replace(/^["`]|["`]$/g, "")]);
    if (name === "define" || name === "D") define(words, value);
  }
  if (words.size > 0) {
    const { at } = s;
    s = new Scanner(
      file,
      s.text.slice(0, at) + replaced(s.text.slice(at), words),
    );
    s.at = at;
  }
  const init: string[] = [];
  for (let found = s.take(COMMAND); found !== undefined;) {
    init.push(found[1]!);
    found = s.take(COMMAND);
  }
  const events: Event[] = [];
  const cleanup: string[] = [];
  while (!s.done) {
    const last = s.take(COMMAND);
    if (last !== undefined) {
      cleanup.push(last[1]!);
      continue;
    }
    if (cleanup.length > 0) s.fail("nothing follows the last command but");
    events.push(event(s));
  }
  if (events.length === 0 && init.length === 0) {
    throw new ScriptError(file, s.line, "the script is empty");
  }
  return { file, options, init, cleanup, events };
}

/** Enters `NAME=value`. */
export function define(words: Map<string, string>, text: string): void {
  const at = text.indexOf("=");
  if (at > 0) words.set(text.slice(0, at), text.slice(at + 1));
}

/** Puts in what words stand for, outside of strings, commands and comments. */
function replaced(text: string, words: Definitions): string {
  return text.replace(
    /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_]\w*/g,
    (found) => /^\w/.test(found) ? words.get(found) ?? found : found,
  );
}

function event(s: Scanner): Event {
  s.skip();
  const { line } = s;
  const when = time(s);
  s.skip();
  const sign = s.next;
  if (sign === "<" || sign === ">") {
    s.at++;
    const inbound = sign === "<";
    if (inbound && when.until !== undefined) {
      s.fail("no packet is injected in a range of time");
    }
    return {
      line,
      when,
      action: { kind: "packet", packet: packet(s, inbound) },
    };
  }
  const command = s.take(COMMAND);
  if (command !== undefined) {
    return { line, when, action: { kind: "command", text: command[1]! } };
  }
  const code = s.take(CODE);
  if (code !== undefined) {
    return { line, when, action: { kind: "code", text: code[1]! } };
  }
  return { line, when, action: call(s) };
}

/** `0.1`, `+0.1`, `*`, `0.1~0.2`, `+0.1~+0.2`. */
function time(s: Scanner): When {
  if (s.accept("*")) return { type: "any", at: 0 };
  const relative = s.accept("+");
  const at = seconds(s);
  const type = relative ? "relative" : "absolute";
  if (!s.accept("~")) return { type, at };
  s.accept("+");
  const until = seconds(s);
  if (until < at) s.fail("the range of time ends before it begins");
  return { type, at, until };
}

function seconds(s: Scanner): number {
  const found = s.need(TIME, "a time such as +0.1");
  // `0...0.2` is a time and the end of a blocking call.
  if (s.text.startsWith("..", s.at) && found[0].endsWith(".")) s.at--;
  return Math.round(1e6 * Number(found[0]));
}
