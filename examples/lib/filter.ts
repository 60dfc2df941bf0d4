/**
 * Which packets a person wants to see: a small part of what tcpdump
 * understands.
 *
 * @module
 */

import type * as ethernet from "@ethox/wire/ethernet";
import { EtherType } from "@ethox/wire/ethernet";
import * as ipv4 from "@ethox/wire/ipv4";
import { parseAddress, parseMac, UsageError, whole } from "./args.ts";
import { Protocol } from "@ethox/wire/ip";
import type { Fields } from "./fields.ts";

/** Says whether a packet is wanted. */
export type Filter = (fields: Fields) => boolean;

/** What can be written, for the help of programs. */
export const GRAMMAR = `Filter:
  arp, ip, ip6, icmp, tcp, udp, broadcast, multicast
  [src|dst] host ADDRESS, [src|dst] net CIDR, ether [src|dst] MAC
  [tcp|udp] [src|dst] port NUMBER, [src|dst] portrange FIRST-LAST
  proto NUMBER, less OCTETS, greater OCTETS
  joined by and, or, not and ( )`;

type Side = "source" | "destination" | "either";

const KINDS: Readonly<Record<string, Filter>> = {
  arp: (f) => f.etherType === EtherType.ARP,
  ip: (f) => f.etherType === EtherType.IPV4,
  ip6: (f) => f.etherType === EtherType.IPV6,
  icmp: (f) => f.protocol === Protocol.ICMP,
  tcp: (f) => f.protocol === Protocol.TCP,
  udp: (f) => f.protocol === Protocol.UDP,
  broadcast: (f) => f.destinationHigh === 0xffff && f.destinationLow === -1,
  multicast: (f) => (f.destinationHigh & 0x0100) !== 0,
};

/**
 * Reads a filter; an empty one wants everything.
 *
 * @throws {UsageError} if it makes no sense.
 */
export function parseFilter(text: string): Filter {
  const words = text.match(/[()!]|[^\s()!]+/g) ?? [];
  if (words.length === 0) return () => true;
  const parser = new Parser(words);
  return parser.whole();
}

class Parser {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  whole(): Filter {
    const filter = this.#any();
    const word = this.#peek();
    if (word !== undefined) {
      throw new UsageError(`Filter goes on with "${word}" where it could end`);
    }
    return filter;
  }

  #peek(): string | undefined {
    return this.#words[this.#at];
  }

  #take(...wanted: readonly string[]): string | undefined {
    const word = this.#peek();
    if (word === undefined || !wanted.includes(word)) return undefined;
    this.#at++;
    return word;
  }

  #next(what: string): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new UsageError(`Filter ends before ${what}`);
    return word;
  }

  #any(): Filter {
    let left = this.#all();
    while (this.#take("or", "||") !== undefined) {
      const [a, b] = [left, this.#all()];
      left = (f) => a(f) || b(f);
    }
    return left;
  }

  #all(): Filter {
    let left = this.#not();
    while (this.#take("and", "&&") !== undefined) {
      const [a, b] = [left, this.#not()];
      left = (f) => a(f) && b(f);
    }
    return left;
  }

  #not(): Filter {
    if (this.#take("not", "!") !== undefined) {
      const inner = this.#not();
      return (f) => !inner(f);
    }
    if (this.#take("(") !== undefined) {
      const inner = this.#any();
      if (this.#take(")") === undefined) {
        throw new UsageError(`Filter has a "(" without its ")"`);
      }
      return inner;
    }
    return this.#primitive();
  }

  #primitive(): Filter {
    const word = this.#next("a condition");
    const kind = Object.hasOwn(KINDS, word) ? KINDS[word]! : undefined;
    if (kind !== undefined) {
      const ports = word === "tcp" || word === "udp";
      const rest = ports ? this.#ports() : undefined;
      return rest === undefined ? kind : (f) => kind(f) && rest(f);
    }
    switch (word) {
      case "ether":
        return hardware(this.#side(), parseMac(this.#value("host")));
      case "proto": {
        const protocol = whole(this.#next("a protocol"), "Protocol", 0, 255);
        return (f) => f.protocol === protocol;
      }
      case "less": {
        const octets = whole(this.#next("a length"), "Length", 0, 1e6);
        return (f) => f.length <= octets;
      }
      case "greater": {
        const octets = whole(this.#next("a length"), "Length", 0, 1e6);
        return (f) => f.length >= octets;
      }
    }
    this.#at--;
    const rest = this.#ports();
    if (rest !== undefined) return rest;
    const side = this.#side();
    if (this.#take("net") !== undefined) {
      return network(side, this.#next("a network"));
    }
    if (this.#take("host") === undefined && side === "either") {
      const start = this.#peek();
      // A bare address is a host; anything else is no word of ours.
      if (start === undefined || !/^[\d.]+$/.test(start)) {
        throw new UsageError(`Filter has no condition "${start}"`);
      }
    }
    return host(side, this.#next("an address"));
  }

  #side(): Side {
    switch (this.#take("src", "dst")) {
      case "src":
        return "source";
      case "dst":
        return "destination";
      default:
        return "either";
    }
  }

  #value(word: string): string {
    this.#take(word);
    return this.#next("an address");
  }

  /** A condition on ports, if one is next. */
  #ports(): Filter | undefined {
    const start = this.#at;
    const side = this.#side();
    const word = this.#take("port", "portrange");
    if (word === undefined) {
      this.#at = start;
      return undefined;
    }
    const text = this.#next("a port");
    const [first, last = first, more] = word === "port"
      ? [text]
      : text.split("-");
    if (more !== undefined) {
      throw new UsageError(`Filter has no port range "${text}"`);
    }
    const least = whole(first!, "Port", 0, 65535);
    const most = whole(last!, "Port", least, 65535);
    return on(
      side,
      (f) => f.sourcePort >= least && f.sourcePort <= most,
      (f) => f.destinationPort >= least && f.destinationPort <= most,
    );
  }
}

function on(side: Side, source: Filter, destination: Filter): Filter {
  if (side === "source") return source;
  if (side === "destination") return destination;
  return (f) => source(f) || destination(f);
}

function host(side: Side, text: string): Filter {
  const { value } = parseAddress(text);
  return on(
    side,
    (f) => f.hasAddresses && f.source === value,
    (f) => f.hasAddresses && f.destination === value,
  );
}

function network(side: Side, text: string): Filter {
  let cidr: ipv4.Cidr;
  try {
    cidr = ipv4.Cidr.parse(text);
  } catch (error) {
    throw new UsageError(`Filter has no network "${text}": ${error}`);
  }
  const mask = cidr.prefixLength === 0 ? 0 : -1 << (32 - cidr.prefixLength);
  const wanted = cidr.address.value & mask;
  return on(
    side,
    (f) => f.hasAddresses && (f.source & mask) === wanted,
    (f) => f.hasAddresses && (f.destination & mask) === wanted,
  );
}

function hardware(side: Side, { high, low }: ethernet.Address): Filter {
  return on(
    side,
    (f) => f.sourceHigh === high && f.sourceLow === low,
    (f) => f.destinationHigh === high && f.destinationLow === low,
  );
}
