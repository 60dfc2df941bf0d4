/**
 * Arguments of programs: parsed, judged and explained.
 *
 * A bad one ends the program with code 2 and one sentence on standard error;
 * `--help` ends it with code 0.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import * as ethernet from "@ethox/wire/ethernet";
import { compile, type Filter } from "@ethox/wire/filter";
import * as ipv4 from "@ethox/wire/ipv4";
import { LinkType } from "@ethox/wire/linktype";
import { complain, print } from "./terminal.ts";

/** An argument is missing, unknown or makes no sense. */
export class UsageError extends Error {
  /** The name `"UsageError"`. */
  override readonly name = "UsageError";
}

/** A device that a person named. */
export interface InterfaceSpec {
  /** Tap by default. */
  readonly kind: "tap" | "tun" | "raw";
  /** Name of the kernel's interface, which judges it. */
  readonly name: string;
}

/** What programs with a device have in common. */
export interface CommonOptions {
  /** File to record into. */
  readonly pcap: string | undefined;
  /** Whether to print packets. */
  readonly trace: boolean;
  /** Probability that a packet is lost, each way. */
  readonly loss: number;
  /** Which packets those are. */
  readonly seed: number;
  /** Whether checksums and segmentation are left to the kernel. */
  readonly offload: boolean;
}

/** One line of help: what to write, and what it means. */
export type Line = readonly [form: string, meaning: string];

/** What a program takes. */
export interface Description {
  /** Name of the file. */
  readonly name: string;
  /** What it does: one sentence. */
  readonly does: string;
  /** Positional arguments; those in square brackets may be left out. */
  readonly positional?: readonly Line[];
  /** Options: `--name` or `--name VALUE` or `-n, --name VALUE`. */
  readonly options?: readonly Line[];
  /** Whether it has a device with the common options. */
  readonly device?: boolean;
  /** Whether that is one in memory, which needs no permission. */
  readonly memory?: boolean;
  /** What it needs to be allowed, unless it has a device. */
  readonly permissions?: string;
  /** How it is called, after the name. */
  readonly example?: string;
  /** What the help ends with. */
  readonly more?: string;
}

const COMMON: readonly Line[] = [
  ["--pcap FILE", "record packets into a pcapng file"],
  ["--trace", "print packets"],
  ["--loss P", "lose packets, each way, with probability P from 0 to 1"],
  ["--seed N", "which packets are lost (default 1)"],
  ["--no-offload", "leave no checksums and no segmentation to the device"],
];
const HELP: Line = ["-h, --help", "print this"];

/** Forms of an interface, for the help. */
export const INTERFACE: Line = [
  "<interface>",
  "tap:NAME, tun:NAME or raw:NAME; a bare NAME is a tap",
];
/** The address of the host, for the help. */
export const HOST: readonly Line[] = [
  ["<host-cidr>", "address of this host, such as 192.0.2.2/24"],
  ["<host-mac>", "its hardware address, such as 02:00:00:00:00:02"],
];
/** The gateway, for the help. */
export const GATEWAY: Line = [
  "<gateway-cidr>",
  "address of the gateway, such as 192.0.2.1/24",
];

function columns(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(([form]) => form.length));
  return lines.map(([form, meaning]) => `  ${form.padEnd(width)}  ${meaning}`)
    .join("\n");
}

/** The help of a program. */
export function help(description: Description): string {
  const { name, does, positional = [], options = [], example } = description;
  const all = [...options, ...(description.device ? COMMON : []), HELP];
  const forms = positional.map(([form]) => form).join(" ");
  const { device = false, memory = false, permissions } = description;
  const needed = device && !memory ? "--allow-ffi" : permissions;
  const ffi = needed === undefined ? "" : ` ${needed}`;
  const parts = [
    does,
    `Usage: deno run${ffi} examples/${name} [options]${forms && ` ${forms}`}`,
    ...(positional.length > 0 ? [`Arguments:\n${columns(positional)}`] : []),
    `Options:\n${columns(all)}`,
  ];
  if (example !== undefined) {
    parts.push(`Example:\n  deno run${ffi} examples/${name} ${example}`);
  }
  if (description.more !== undefined) parts.push(description.more);
  return parts.join("\n\n");
}

/** `--name VALUE` as its names and whether it takes a value. */
function names(form: string): { long: string; short?: string; value: boolean } {
  const match = /^(?:-(\w), )?--(\w[\w-]*)( .+)?$/.exec(form);
  if (match === null) throw new TypeError(`Cannot read option "${form}"`);
  const [, short, long, value] = match;
  return {
    long: long!,
    ...(short === undefined ? {} : { short }),
    value: value !== undefined,
  };
}

/** Reads a whole number from `least` to `most`. */
export function whole(
  text: string,
  what: string,
  least: number,
  most: number,
): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < least || value > most) {
    throw new UsageError(
      `${what} must be a whole number from ${least} to ${most}, not "${text}"`,
    );
  }
  return value;
}

/** Reads an interface: `tap:NAME`, `tun:NAME`, `raw:NAME` or `NAME`. */
export function parseInterface(text: string): InterfaceSpec {
  const match = /^(?:(\w*):)?(.*)$/s.exec(text)!;
  const kind = match[1] ?? "tap";
  const name = match[2]!;
  if (kind !== "tap" && kind !== "tun" && kind !== "raw") {
    throw new UsageError(
      `Interface "${text}" must begin with tap:, tun: or raw:, not ${kind}:`,
    );
  }
  if (name === "") throw new UsageError(`Interface "${text}" has no name`);
  return { kind, name };
}

/** Calls a parser of @ethox/wire and turns its complaint into ours. */
function ask<T>(what: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(`"${text}" is no ${what}: ${error.message}`);
  }
}

/** The arguments that were given, by the form that the description has. */
export class Args {
  readonly #positional: ReadonlyMap<string, string>;
  readonly #options: Record<string, unknown>;

  /** @throws {UsageError} if an argument is missing or not known. */
  constructor(description: Description, args: readonly string[]) {
    const lines = [
      ...(description.options ?? []),
      ...(description.device ? COMMON : []),
      HELP,
    ];
    const forms = lines.map(([form]) => names(form));
    const negated = forms.filter(({ long }) => long.startsWith("no-"));
    const parsed = parseArgs(args, {
      string: ["_", ...forms.filter((f) => f.value).map((f) => f.long)],
      boolean: [
        ...forms.filter((f) => !f.value && !negated.includes(f))
          .map((f) => f.long),
        ...negated.map((f) => f.long.slice(3)),
      ],
      negatable: negated.map((f) => f.long.slice(3)),
      default: Object.fromEntries(negated.map((f) => [f.long.slice(3), true])),
      alias: Object.fromEntries(
        forms.filter((f) => f.short !== undefined)
          .map((f) => [f.long, f.short!]),
      ),
      // Given twice, the first would be lost without a word.
      collect: forms.filter((f) => f.value).map((f) => f.long),
      unknown(arg) {
        if (!arg.startsWith("-") || arg === "-") return true;
        throw new UsageError(`There is no option ${arg.replace(/=.*/s, "")}`);
      },
    });
    this.#options = parsed;
    this.#positional = new Map();
    if (parsed.help === true) return;
    for (const { long, value } of forms) {
      const given = parsed[long];
      if (!value || !Array.isArray(given)) continue;
      if (given.length > 1) {
        throw new UsageError(`Option --${long} was given more than once`);
      }
      if (given[0] === "") {
        throw new UsageError(`Option --${long} needs a value`);
      }
      parsed[long] = given[0];
    }
    this.#positional = place(
      description.positional ?? [],
      parsed._.map(String),
    );
  }

  /** Whether `--help` was given. */
  get help(): boolean {
    return this.#options.help === true;
  }

  /** The text given for a positional argument such as `"<port>"`, or `""`. */
  text(form: string): string {
    return this.#positional.get(form) ?? "";
  }

  /** Whether an option without a value was given. */
  flag(long: string): boolean {
    return this.#options[long] === true;
  }

  /** The value of an option, if it was given. */
  option(long: string): string | undefined {
    const value = this.#options[long];
    return typeof value === "string" ? value : undefined;
  }

  /** The whole number given for an option, or `absent`. */
  number(long: string, least: number, most: number, absent: number): number {
    const text = this.option(long);
    return text === undefined
      ? absent
      : whole(text, `Option --${long}`, least, most);
  }

  /** The number given for an option, or `absent`. */
  decimal(long: string, least: number, most: number, absent: number): number {
    const text = this.option(long);
    if (text === undefined) return absent;
    const value = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || value < least || value > most) {
      throw new UsageError(
        `Option --${long} must be a number from ${least} to ${most}, not "${text}"`,
      );
    }
    return value;
  }

  /** A port. */
  port(form = "<port>"): number {
    return whole(this.text(form), `Port ${form}`, 1, 65535);
  }

  /** An IPv4 address. */
  address(form: string): ipv4.Address {
    return parseAddress(this.text(form));
  }

  /** The address of a host in its subnet. */
  host(form = "<host-cidr>"): ipv4.Cidr {
    return parseHost(this.text(form));
  }

  /** The hardware address of a host. */
  mac(form = "<host-mac>"): ethernet.Address {
    const text = this.text(form);
    const address = parseMac(text);
    if ((address.high & 0x0100) !== 0) {
      throw new UsageError(`Hardware address ${text} is one of a group`);
    }
    if (address.high === 0 && address.low === 0) {
      throw new UsageError(`Hardware address ${text} is the null address`);
    }
    return address;
  }

  /** The gateway, which must be another host in the subnet of `host`. */
  gateway(host: ipv4.Cidr, form = "<gateway-cidr>"): ipv4.Cidr {
    const text = this.text(form);
    const gateway = parseHost(text);
    if (!host.contains(gateway.address.value)) {
      throw new UsageError(`Gateway ${text} is not in the subnet of ${host}`);
    }
    if (gateway.address.value === host.address.value) {
      throw new UsageError(`Gateway ${text} and the host have one address`);
    }
    return gateway;
  }

  /** A device. */
  interface(form = "<interface>"): InterfaceSpec {
    return parseInterface(this.text(form));
  }

  /** The options that all programs with a device have. */
  common(loss = 0): CommonOptions {
    return {
      pcap: this.option("pcap"),
      trace: this.flag("trace"),
      loss: this.decimal("loss", 0, 1, loss),
      seed: this.number("seed", 0, 0xffffffff, 1),
      offload: this.#options.offload !== false,
    };
  }
}

/** Gives each positional argument its text. */
function place(
  lines: readonly Line[],
  texts: readonly string[],
): Map<string, string> {
  const placed = new Map<string, string>();
  lines.forEach(([form], i) => {
    const text = texts[i];
    if (text !== undefined) placed.set(form, text);
    else if (!form.startsWith("[")) {
      throw new UsageError(`Argument ${form} is missing; --help explains`);
    }
  });
  const rest = texts[lines.length];
  if (rest !== undefined) {
    throw new UsageError(`There is no place for argument "${rest}"`);
  }
  return placed;
}

/** Reads a hardware address. */
export function parseMac(text: string): ethernet.Address {
  return ask(
    "hardware address",
    text,
    (text) => ethernet.Address.parse(text),
  );
}

/** Reads an IPv4 address. */
export function parseAddress(text: string): ipv4.Address {
  return ask("IPv4 address", text, (text) => ipv4.Address.parse(text));
}

/** Reads a filter for the frames of an interface. */
export function parseFilter(text: string, kind: InterfaceSpec["kind"]): Filter {
  const linkType = kind === "tun" ? LinkType.RAW : LinkType.ETHERNET;
  return ask("filter", text, (text) => compile(text, { linkType }));
}

function parseHost(text: string): ipv4.Cidr {
  const cidr = ask(
    "IPv4 address with a prefix length",
    text,
    (text) => ipv4.Cidr.parse(text),
  );
  const { value, isUnicast, isLoopback } = cidr.address;
  const network = cidr.prefixLength < 31 && value === cidr.network.value;
  if (!isUnicast || isLoopback || network || cidr.isBroadcast(value)) {
    throw new UsageError(`${text} cannot be the address of a host`);
  }
  return cidr;
}

/**
 * Runs a program and ends with the code that it returns: 2 for arguments that
 * make no sense, 1 if something else stands in the way.
 */
export async function main(
  description: Description,
  body: (args: Args) => number | Promise<number>,
): Promise<never> {
  let code: number;
  try {
    const args = new Args(description, Deno.args);
    if (args.help) {
      print(help(description));
      code = 0;
    } else code = await body(args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    complain(`${description.name}: ${error.message}`);
    code = error instanceof UsageError ? 2 : 1;
  }
  Deno.exit(code);
}
