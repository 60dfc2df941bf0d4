// Reads the text of a filter into conditions.
//
// expression := term (("and" | "or") term)*      both bind alike, from the left
// term       := ("not")* ( "(" expression ")" | primitive )
// primitive  := [protocol] [direction] [kind] identifier | relation | word

import {
  ALWAYS,
  and,
  behind,
  compare,
  type Condition,
  constant,
  indexed,
  LENGTH,
  load,
  NEVER,
  not,
  operation,
  or,
  type Value,
} from "./_filter_expression.ts";
import { Lexer } from "./_filter_lexer.ts";
import { type Direction, Primitives } from "./_filter_link.ts";
import {
  CARRIED,
  CONSTANTS,
  ethernetAddress,
  fields4,
  PROTOCOLS,
  TYPES,
} from "./_filter_names.ts";
import { EtherType, MAX_LENGTH_FIELD } from "./ethernet.ts";
import { Protocol } from "./ip.ts";
import * as ipv4 from "./ipv4_address.ts";
import * as ipv6 from "./ipv6_address.ts";

/** Most brackets, negations and signs around one thing. */
const DEEPEST = 64;
/** Most operators of one arithmetic expression. */
const MOST_OPERATORS = 128;

const RELATIONS = [">=", "<=", "!=", "==", "=", ">", "<"];
/** Operators of one rank in a row, the loosest first. */
const RANKS: readonly (readonly string[])[] = [
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const KINDS = ["host", "net", "port", "portrange", "proto"];
const WITH_PORTS = ["tcp", "udp", "sctp"];
const LINK = ["ether", "link"];
const ICMP6 = 58;
const IPV6_HEADER = 40;

/** What stands in front of an identifier, and is repeated for the next. */
interface Qualifiers {
  readonly protocol: string;
  readonly direction: Direction;
  readonly kind: string;
}

/** A number, and what has to hold of a packet that has it. */
interface Term {
  readonly value: Value;
  readonly given: Condition;
}

/** How a filter is read. */
export interface ReadOptions {
  /** Link type of the packets. */
  readonly linkType: number;
  /** Netmask, int32, for `ip broadcast`. */
  readonly netmask: number | undefined;
  /** Whether the kernel keeps the outermost VLAN tag beside the frame. */
  readonly fromKernel: boolean;
}

/** Reads a filter. @throws {FilterError} if it makes no sense. */
export function parse(text: string, options: ReadOptions): Condition {
  const lexer = new Lexer(text);
  const { linkType, fromKernel, netmask } = options;
  const primitives = Primitives.of(linkType, fromKernel);
  if (primitives === undefined) {
    throw new RangeError(
      `Cannot filter packets of link type ${linkType}: not one of those modelled`,
    );
  }
  return new Parser(lexer, primitives, netmask).all();
}

class Parser {
  readonly #lexer: Lexer;
  readonly #primitives: Primitives;
  readonly #netmask: number | undefined;
  #last: Qualifiers | undefined;
  #depth = 0;
  #operators = 0;

  constructor(
    lexer: Lexer,
    primitives: Primitives,
    netmask: number | undefined,
  ) {
    this.#lexer = lexer;
    this.#primitives = primitives;
    this.#netmask = netmask;
  }

  all(): Condition {
    if (this.#lexer.ended) return ALWAYS;
    const condition = this.#expression();
    if (!this.#lexer.ended) {
      this.#lexer.fail(`expected "and", "or" or the end`);
    }
    return condition;
  }

  #deeper(): void {
    if (++this.#depth > DEEPEST) {
      this.#lexer.fail(`nested more than ${DEEPEST} deep`);
    }
  }

  #expression(): Condition {
    const lexer: Lexer = this.#lexer;
    let left = this.#term();
    for (;;) {
      if (lexer.take("and") !== "" || lexer.takeOperator("&&") !== "") {
        left = and(left, this.#term());
      } else if (lexer.take("or") !== "" || lexer.takeOperator("||") !== "") {
        left = or(left, this.#term());
      } else return left;
    }
  }

  #term(): Condition {
    const lexer: Lexer = this.#lexer;
    if (lexer.take("not") !== "" || lexer.takeOperator("!") !== "") {
      this.#deeper();
      const inner = this.#term();
      this.#depth--;
      return not(inner);
    }
    if (lexer.character === "(" && !this.#calculates()) {
      this.#deeper();
      lexer.pass("(");
      const inner = this.#expression();
      if (lexer.takeOperator(")") === "") lexer.fail(`expected ")"`);
      this.#depth--;
      return inner;
    }
    return this.#primitive();
  }

  /** Whether what begins here is a number to compare with another. */
  #calculates(): boolean {
    const lexer: Lexer = this.#lexer;
    const { character, word, value, at } = lexer;
    if (character === "-") return true;
    if (character === "(") return lexer.calculatesAt(lexer.behindBracket(at));
    if (word === "len" || CONSTANTS.has(word)) return true;
    const end = at + (word === "" ? value : word).length;
    let next = end;
    while (/[ \t\r\n]/.test(lexer.text.charAt(next))) next++;
    if (word !== "" && lexer.text.charAt(next) === "[") return true;
    return /^[0-9]/.test(value) && lexer.calculatesAt(next);
  }

  #primitive(): Condition {
    const lexer: Lexer = this.#lexer;
    if (lexer.ended) lexer.fail("expected a condition");
    if (this.#calculates()) {
      this.#last = undefined;
      return this.#relation();
    }
    const { word } = lexer;
    switch (word) {
      case "less":
      case "greater": {
        lexer.pass(word);
        const octets = lexer.takeNumber("a length", 0xffffffff);
        this.#last = undefined;
        const relation = word === "less" ? "<=" : ">=";
        return compare(LENGTH, relation, constant(octets));
      }
      case "vlan":
        return this.#vlan();
      case "broadcast":
      case "multicast":
        return this.#group("ether");
    }
    const protocol = TYPES.has(word) || CARRIED.has(word) || LINK.includes(word)
      ? word
      : "";
    lexer.pass(protocol);
    const next = lexer.word;
    if (next === "broadcast" || next === "multicast") {
      return this.#group(protocol);
    }
    if (next === "src" || next === "dst" || KINDS.includes(next)) {
      return this.#qualified(protocol);
    }
    if (protocol !== "") return this.#alone(protocol);
    return this.#bare();
  }

  /** A protocol by itself. */
  #alone(name: string): Condition {
    if (LINK.includes(name)) {
      this.#lexer.fail(`expected what "${name}" is about`);
    }
    this.#last = undefined;
    const type = TYPES.get(name);
    if (type !== undefined) return this.#primitives.type(type);
    return this.#carried(name);
  }

  #carried(name: string): Condition {
    const { protocol, over4, over6 } = CARRIED.get(name)!;
    return or(
      over4 ? this.#primitives.protocol4(protocol) : NEVER,
      over6 ? this.#primitives.protocol6(protocol) : NEVER,
    );
  }

  /** An identifier without qualifiers: the last ones count again. */
  #bare(): Condition {
    const { value, at } = this.#lexer;
    if (this.#last !== undefined && value !== "" && !isWord(value)) {
      return this.#identifier(this.#last);
    }
    if (fields4(value)?.bits === 32 || ipv6.Address.tryParse(value)) {
      const last = { protocol: "", direction: "either", kind: "host" } as const;
      return this.#identifier(last);
    }
    this.#lexer.fail("expected a condition", at);
  }

  #qualified(protocol: string): Condition {
    const lexer: Lexer = this.#lexer;
    let direction: Direction = "either";
    const side = lexer.take("src", "dst");
    if (side !== "") {
      direction = side as Direction;
      const { at } = lexer;
      const joined = lexer.take("and", "or");
      if (joined !== "") {
        if (lexer.take(side === "src" ? "dst" : "src") === "") {
          lexer.fail("expected an identifier", at);
        }
        direction = joined === "and" ? "both" : "either";
      }
    }
    const { at } = lexer;
    const kind = lexer.take(...KINDS) || "host";
    if (kind === "proto" && side !== "") {
      lexer.fail("a protocol has no direction", at);
    }
    return this.#identifier({ protocol, direction, kind });
  }

  /** What the qualifiers say about the identifier that comes next. */
  #identifier(qualifiers: Qualifiers): Condition {
    const lexer: Lexer = this.#lexer;
    const { protocol, direction, kind } = qualifiers;
    const { at, value } = lexer;
    if (value === "") lexer.fail(`expected what "${kind}" is about`);
    const refuse = (): never =>
      lexer.fail(`"${protocol}" does not go with "${kind}"`, at);
    this.#last = qualifiers;
    switch (kind) {
      case "host":
      case "net":
        if (LINK.includes(protocol)) {
          return kind === "net" ? refuse() : this.#etherHost(direction);
        }
        if (protocol !== "" && !TYPES.has(protocol)) return refuse();
        return value.includes(":")
          ? this.#net6(qualifiers)
          : this.#net4(qualifiers);
      case "proto":
        return this.#protocol(protocol);
    }
    if (protocol !== "" && !WITH_PORTS.includes(protocol)) return refuse();
    lexer.pass(value);
    const [first, last = first, more] = kind === "port"
      ? [value]
      : value.split("-");
    if (more !== undefined) lexer.fail("expected two ports", at);
    const one = lexer.parse(first!, "a port number", 65535, at);
    const other = lexer.parse(
      last!,
      "a port number",
      65535,
      at + value.length - last!.length,
    );
    return this.#primitives.ports(
      CARRIED.get(protocol)?.protocol,
      direction,
      Math.min(one, other),
      Math.max(one, other),
    );
  }

  #etherHost(direction: Direction): Condition {
    const lexer: Lexer = this.#lexer;
    const { value } = lexer;
    const address = ethernetAddress(value);
    if (address === undefined) lexer.fail("expected an Ethernet address");
    this.#needEthernet();
    lexer.pass(value);
    return this.#primitives.etherHost(direction, address[0], address[1]);
  }

  #needEthernet(): void {
    const { ethernet, name } = this.#primitives;
    if (!ethernet) this.#lexer.fail(`${name} has no such field`);
  }

  #net4({ protocol, direction, kind }: Qualifiers): Condition {
    const lexer: Lexer = this.#lexer;
    const { value, at } = lexer;
    const slash = value.indexOf("/");
    const address = fields4(slash < 0 ? value : value.slice(0, slash));
    if (address === undefined) {
      lexer.fail(
        ethernetAddress(value) === undefined
          ? "expected an IP address; names are not looked up"
          : `an Ethernet address needs "ether" in front`,
      );
    }
    if (kind === "host" && (slash >= 0 || address.bits < 32)) {
      lexer.fail(`a whole address is needed for "host"`);
    }
    lexer.pass(value);
    let mask = ipv4.netmask(address.bits);
    if (slash >= 0) {
      const bits = value.slice(slash + 1);
      const length = lexer.parse(bits, "a prefix length", 32, at + slash + 1);
      mask = ipv4.netmask(length);
    } else if (kind === "net" && lexer.take("mask") !== "") {
      const fields = fields4(lexer.value);
      if (fields === undefined) lexer.fail("expected a netmask");
      lexer.pass(lexer.value);
      mask = fields.value;
    }
    if ((address.value & ~mask) !== 0) {
      lexer.fail("the address has bits beside the mask", at);
    }
    if (protocol === "ip6") {
      lexer.fail(`"ip6" does not go with an IPv4 address`, at);
    }
    const types = protocol === ""
      ? [EtherType.IPV4, EtherType.ARP, EtherType.RARP]
      : [TYPES.get(protocol)!];
    return this.#primitives.host4(types, direction, address.value, mask);
  }

  #net6({ protocol, direction, kind }: Qualifiers): Condition {
    const lexer: Lexer = this.#lexer;
    const { value, at } = lexer;
    const slash = value.indexOf("/");
    const text = slash < 0 ? value : value.slice(0, slash);
    const address = ipv6.Address.tryParse(text);
    if (address === undefined || address.zone !== "") {
      lexer.fail(
        ethernetAddress(value) === undefined
          ? "expected an IP address without a zone"
          : `an Ethernet address needs "ether" in front`,
      );
    }
    if (kind === "host" && slash >= 0) {
      lexer.fail(`a whole address is needed for "host"`);
    }
    if (protocol !== "" && protocol !== "ip6") {
      lexer.fail(`"${protocol}" does not go with an IPv6 address`, at);
    }
    const length = slash < 0 ? 128 : lexer.parse(
      value.slice(slash + 1),
      "a prefix length",
      128,
      at + slash + 1,
    );
    lexer.pass(value);
    const { w0, w1, w2, w3 } = address;
    const words = Int32Array.of(w0, w1, w2, w3);
    const mask = words.map((_, i) => ipv6.netmask(length, i));
    for (let i = 0; i < 4; i++) {
      if ((words[i]! & ~mask[i]!) !== 0) {
        lexer.fail("the address has bits beside the mask", at);
      }
    }
    return this.#primitives.host6(direction, words, mask);
  }

  /** What is behind `proto`; names may have a backslash, as for tcpdump. */
  #protocol(qualifier: string): Condition {
    const lexer: Lexer = this.#lexer;
    const { value, at } = lexer;
    const name = value.replace(/^\\/, "");
    const numeric = /^[0-9]/.test(name);
    if (LINK.includes(qualifier)) {
      const type = numeric
        ? lexer.parse(name, "an EtherType", 0xffff, at)
        : TYPES.get(name);
      if (type === undefined) lexer.fail("expected a known EtherType");
      if (type <= MAX_LENGTH_FIELD) this.#needEthernet();
      lexer.pass(value);
      return this.#primitives.type(type);
    }
    if (qualifier !== "" && qualifier !== "ip" && qualifier !== "ip6") {
      lexer.fail(`"${qualifier}" does not go with "proto"`);
    }
    const protocol = numeric
      ? lexer.parse(name, "a protocol number", 255, at)
      : CARRIED.get(name)?.protocol ?? PROTOCOLS.get(name);
    if (protocol === undefined) lexer.fail("expected a known protocol");
    lexer.pass(value);
    return or(
      qualifier === "ip6" ? NEVER : this.#primitives.protocol4(protocol),
      qualifier === "ip" ? NEVER : this.#primitives.protocol6(protocol),
    );
  }

  #vlan(): Condition {
    const lexer: Lexer = this.#lexer;
    this.#needEthernet();
    lexer.pass("vlan");
    this.#last = undefined;
    const identifier = /^[0-9]/.test(lexer.character)
      ? lexer.takeNumber("a VLAN identifier", 4095)
      : -1;
    return this.#primitives.vlan(identifier);
  }

  /** `broadcast` or `multicast`, which comes next. */
  #group(protocol: string): Condition {
    const lexer: Lexer = this.#lexer;
    const primitives = this.#primitives;
    const { word, at } = lexer;
    this.#last = undefined;
    if (LINK.includes(protocol)) {
      this.#needEthernet();
      lexer.pass(word);
      return word === "multicast"
        ? primitives.etherMulticast()
        : primitives.etherHost("dst", 0xffff, -1);
    }
    lexer.pass(word);
    if (protocol === "ip" && word === "broadcast") {
      if (this.#netmask === undefined) {
        lexer.fail(`"ip broadcast" needs the netmask as an option`, at);
      }
      return primitives.broadcast4(this.#netmask);
    }
    if (protocol === "ip") return primitives.multicast4();
    if (protocol === "ip6" && word === "multicast") {
      return primitives.multicast6();
    }
    lexer.fail(`"${protocol}" does not go with "${word}"`, at);
  }

  #relation(): Condition {
    const lexer: Lexer = this.#lexer;
    this.#operators = 0;
    const left = this.#ranked(0);
    const relation = lexer.takeOperator(...RELATIONS);
    if (relation === "") lexer.fail("expected a relation, such as =");
    const right = this.#ranked(0);
    const given = and(left.given, right.given);
    return and(given, compare(left.value, relation, right.value));
  }

  #ranked(rank: number): Term {
    if (rank === RANKS.length) return this.#operand();
    const lexer: Lexer = this.#lexer;
    let left = this.#ranked(rank + 1);
    for (;;) {
      const { at } = lexer;
      const operator = lexer.takeOperator(...RANKS[rank]!);
      if (operator === "") return left;
      if (++this.#operators > MOST_OPERATORS) {
        lexer.fail(`more than ${MOST_OPERATORS} operators`, at);
      }
      const right = this.#ranked(rank + 1);
      if (right.value.kind === "constant") {
        const { value } = right.value;
        if (value === 0 && (operator === "/" || operator === "%")) {
          lexer.fail("division by 0", at);
        }
        if (value >>> 0 > 31 && (operator === "<<" || operator === ">>")) {
          lexer.fail("shift by more than 31", at);
        }
      }
      // What the right operand is an octet of, tcpdump does not ask.
      const value = operation(operator, left.value, right.value);
      left = { value, given: left.given };
    }
  }

  #operand(): Term {
    const lexer: Lexer = this.#lexer;
    const { character, word, number, at } = lexer;
    if (character === "(" || character === "-") {
      this.#deeper();
      lexer.pass(character);
      const inner = character === "(" ? this.#ranked(0) : this.#operand();
      this.#depth--;
      if (character === "-") {
        const value = operation("-", constant(0), inner.value);
        return { value, given: inner.given };
      }
      if (lexer.takeOperator(")") === "") lexer.fail(`expected ")"`);
      return inner;
    }
    if (number !== "") {
      lexer.pass(number);
      const value = lexer.parse(number, "a number", 0xffffffff, at);
      return { value: constant(value), given: ALWAYS };
    }
    lexer.pass(word);
    if (word === "len") return { value: LENGTH, given: ALWAYS };
    const known = CONSTANTS.get(word);
    if (known !== undefined) return { value: constant(known), given: ALWAYS };
    if (lexer.takeOperator("[") === "") {
      lexer.fail("expected a number, a name of one, or octets", at);
    }
    this.#deeper();
    const index = this.#ranked(0);
    this.#depth--;
    let size = 1;
    if (lexer.takeOperator(":") !== "") {
      const { at, number } = lexer;
      size = lexer.parse(number, "a size", 4, at);
      lexer.pass(number);
      if (size === 0 || size === 3) lexer.fail("a size is 1, 2 or 4", at);
    }
    if (lexer.takeOperator("]") === "") lexer.fail(`expected "]"`);
    return this.#octets(word, size, index, at);
  }

  /** Octets of a header that is there. */
  #octets(name: string, size: number, index: Term, at: number): Term {
    const primitives = this.#primitives;
    const { network } = primitives;
    if (LINK.includes(name)) {
      return { ...index, value: indexed(load(size, 0), index.value) };
    }
    const type = TYPES.get(name);
    if (type !== undefined) {
      const given = and(primitives.type(type), index.given);
      return { given, value: indexed(load(size, network), index.value) };
    }
    if (name === "icmp6") {
      return {
        given: and(index.given, primitives.next6(ICMP6)),
        value: indexed(load(size, network + IPV6_HEADER), index.value),
      };
    }
    const carried = CARRIED.get(name);
    if (
      carried === undefined || !carried.over4 ||
      carried.protocol === Protocol.AH || carried.protocol === Protocol.ESP
    ) this.#lexer.fail(`expected a protocol whose octets are known`, at);
    // Only behind IPv4, whose first fragment alone has them.
    const there = and(this.#carried(name), primitives.first4());
    return {
      given: and(
        primitives.type(EtherType.IPV4),
        and(index.given, there),
      ),
      value: indexed(behind(network, size, 0), index.value),
    };
  }
}

/** Whether an identifier looks like a word of the language instead. */
function isWord(value: string): boolean {
  return /^[g-z]/i.test(value) || /^[a-z]+$/i.test(value);
}
