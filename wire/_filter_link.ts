// Where link types keep what a filter asks for, and what the names of the
// filter language mean there.

import {
  ALWAYS,
  and,
  behind,
  compare,
  type Condition,
  constant,
  equals,
  load,
  NEVER,
  not,
  operation,
  or,
} from "./_filter_expression.ts";
import { EtherType, MAX_LENGTH_FIELD, TAG_LENGTH } from "./ethernet.ts";
import { Protocol } from "./ip.ts";
import * as linktype from "./linktype.ts";

/** How a link type announces what it carries. */
interface Link {
  readonly name: string;
  /** Offset of what is carried. */
  readonly network: number;
  /** Offset of the EtherType, where there is one. */
  readonly type?: number;
  /** The one EtherType that is carried, where that is fixed. */
  readonly only?: number;
  /** Values of the word in front for IPv4 and for IPv6, where there is one. */
  readonly families?: readonly (readonly number[])[];
  /** Whether Ethernet addresses and tags are where Ethernet has them. */
  readonly ethernet?: boolean;
}

/** The IP version alone tells what is carried. */
const RAW: Link = { name: "raw IP", network: 0 };

// AF_INET, and AF_INET6 of the systems that write such captures.
const FAMILY4 = [2];
const FAMILY6 = [30, 24, 28];

/** A number in the byte order of a machine, whichever that is. */
function eitherOrder(value: number): number[] {
  return [value << 24, value];
}

const { LinkType } = linktype;
const LINKS: ReadonlyMap<number, Link> = new Map<number, Link>([
  [LinkType.NULL, {
    name: "BSD loopback",
    network: 4,
    families: [
      FAMILY4.flatMap(eitherOrder),
      FAMILY6.flatMap(eitherOrder),
    ],
  }],
  [LinkType.ETHERNET, {
    name: "Ethernet",
    network: 14,
    type: 12,
    ethernet: true,
  }],
  [LinkType.RAW_12, RAW],
  [LinkType.RAW_14, RAW],
  [LinkType.RAW, RAW],
  [LinkType.LOOP, {
    name: "OpenBSD loopback",
    network: 4,
    families: [FAMILY4, FAMILY6],
  }],
  [LinkType.LINUX_SLL, { name: "Linux cooked", network: 16, type: 14 }],
  [LinkType.IPV4, { name: "raw IPv4", network: 0, only: EtherType.IPV4 }],
  [LinkType.IPV6, { name: "raw IPv6", network: 0, only: EtherType.IPV6 }],
  [LinkType.LINUX_SLL2, { name: "Linux cooked v2", network: 20, type: 0 }],
]);

/** Numbers of the link types that filters know. */
export const LINK_TYPES: readonly number[] = [...LINKS.keys()];

/** Whether one side of a packet is asked for, either, or both. */
export type Direction = "src" | "dst" | "either" | "both";

const FRAGMENT = 44;
const SCTP = 132;
const TAGS = [EtherType.VLAN, EtherType.QINQ, 0x9100];
const IPV6_HEADER = 40;
const OFFSET_MASK = 0x1fff;
const ID_MASK = 0xfff;
// Of linux/filter.h, SKF_AD_OFF and what lies behind it.
const KERNEL_TAG = 0xfffff000 + 44;
const KERNEL_TAG_PRESENT = 0xfffff000 + 48;

function either(
  direction: Direction,
  source: Condition,
  destination: Condition,
): Condition {
  switch (direction) {
    case "src":
      return source;
    case "dst":
      return destination;
    case "both":
      return and(source, destination);
    case "either":
      return or(source, destination);
  }
}

/**
 * The conditions of one filter. The order of what is asked is that of tcpdump,
 * since a packet that ends too early matches or not by what is read first.
 */
export class Primitives {
  readonly #link: Link;
  readonly #fromKernel: boolean;
  /** Octets of the tags in the frame that were asked for so far. */
  #tags = 0;
  /** Whether the tag beside the frame was asked for. */
  #outer = false;

  /**
   * For a link type, or undefined if filters do not know it. The kernel keeps
   * the outermost tag beside the frame; `fromKernel` looks for it there.
   */
  static of(linkType: number, fromKernel: boolean): Primitives | undefined {
    const link = LINKS.get(linkType);
    return link === undefined ? undefined : new Primitives(link, fromKernel);
  }

  private constructor(link: Link, fromKernel: boolean) {
    this.#link = link;
    this.#fromKernel = fromKernel;
  }

  /** Name of the link type. */
  get name(): string {
    return this.#link.name;
  }

  /** Whether there are Ethernet addresses and tags. */
  get ethernet(): boolean {
    return this.#link.ethernet ?? false;
  }

  /** Offset of the network header. */
  get network(): number {
    return this.#link.network + this.#tags;
  }

  /** What is carried is of this EtherType, or has this SAP of 802.2. */
  type(type: number): Condition {
    const link = this.#link;
    if (link.only !== undefined) return link.only === type ? ALWAYS : NEVER;
    const over = type === EtherType.IPV4 ? 0 : type === EtherType.IPV6 ? 1 : 2;
    if (link.families !== undefined) {
      let any = NEVER;
      for (const value of link.families[over] ?? []) {
        any = or(any, equals(load(4, 0), value));
      }
      return any;
    }
    if (link.type === undefined) {
      const version = operation("&", load(1, this.network), constant(0xf0));
      return over === 2 ? NEVER : equals(version, over === 0 ? 0x40 : 0x60);
    }
    const field = load(2, link.type + this.#tags);
    if (!this.ethernet || type > MAX_LENGTH_FIELD) return equals(field, type);
    return and(
      not(compare(field, ">", constant(MAX_LENGTH_FIELD))),
      // Both access points are of IP, ISO and NetBIOS, where one is.
      type === 0x06 || type === 0xfe || type === 0xf0
        ? equals(load(2, this.network), type << 8 | type)
        : equals(load(1, this.network), type),
    );
  }

  /** The destination of the frame is a group, with all stations one. */
  etherMulticast(): Condition {
    return not(equals(operation("&", load(1, 0), constant(1)), 0));
  }

  /** An address of the frame. */
  etherHost(direction: Direction, high: number, low: number): Condition {
    return either(
      direction,
      and(equals(load(4, 8), low), equals(load(2, 6), high)),
      and(equals(load(4, 2), low), equals(load(2, 0), high)),
    );
  }

  /** A tag, with this identifier if it is not -1; what follows is behind it. */
  vlan(identifier: number): Condition {
    let tagged = NEVER;
    let field = load(4, KERNEL_TAG);
    if (this.#fromKernel && !this.#outer) {
      this.#outer = true;
      tagged = equals(load(4, KERNEL_TAG_PRESENT), 1);
    } else {
      for (const type of TAGS) tagged = or(tagged, this.type(type));
      field = load(2, this.network);
      this.#tags += TAG_LENGTH;
    }
    if (identifier < 0) return tagged;
    const tag = operation("&", field, constant(ID_MASK));
    return and(tagged, equals(tag, identifier));
  }

  /** IPv4, ARP or RARP addresses, as far as they are under `mask`. */
  host4(
    types: readonly number[],
    direction: Direction,
    address: number,
    mask: number,
  ): Condition {
    let any = NEVER;
    for (const type of types) {
      const [source, destination] = type === EtherType.IPV4
        ? [12, 16]
        : [14, 24];
      const side = (offset: number): Condition => {
        const field = load(4, this.network + offset);
        const part = operation("&", field, constant(mask));
        return and(this.type(type), equals(part, address));
      };
      any = or(any, either(direction, side(source), side(destination)));
    }
    return any;
  }

  /** IPv6 addresses, as far as they are under `mask`; four words each. */
  host6(
    direction: Direction,
    address: Int32Array,
    mask: Int32Array,
  ): Condition {
    const side = (offset: number): Condition => {
      let all = this.type(EtherType.IPV6);
      for (let i = 0; i < 4; i++) {
        const field = load(4, this.network + offset + 4 * i);
        const part = operation("&", field, constant(mask[i]!));
        all = and(all, equals(part, address[i]!));
      }
      return all;
    };
    return either(direction, side(8), side(24));
  }

  /** The protocol of IPv4. */
  protocol4(protocol: number): Condition {
    return and(
      this.type(EtherType.IPV4),
      equals(load(1, this.network + 9), protocol),
    );
  }

  /** The first next header of IPv6, or that of a fragment header in front. */
  protocol6(protocol: number): Condition {
    const next = load(1, this.network + 6);
    return and(
      this.type(EtherType.IPV6),
      or(
        equals(next, protocol),
        and(
          equals(next, FRAGMENT),
          equals(load(1, this.network + IPV6_HEADER), protocol),
        ),
      ),
    );
  }

  /** The first next header of IPv6 is this one. */
  next6(protocol: number): Condition {
    const next = load(1, this.network + 6);
    return and(this.type(EtherType.IPV6), equals(next, protocol));
  }

  /** The IPv4 packet is a whole one or a first fragment. */
  first4(): Condition {
    const field = load(2, this.network + 6);
    return equals(operation("&", field, constant(OFFSET_MASK)), 0);
  }

  /** Ports from `least` to `most` of one protocol, or of all that have some. */
  ports(
    protocol: number | undefined,
    direction: Direction,
    least: number,
    most: number,
  ): Condition {
    const { network } = this;
    const protocols = protocol === undefined
      ? [SCTP, Protocol.TCP, Protocol.UDP]
      : [protocol];
    let over6 = NEVER;
    let over4 = NEVER;
    const range = (field: ReturnType<typeof load>): Condition =>
      least === most ? equals(field, least) : and(
        compare(field, ">=", constant(least)),
        compare(field, "<=", constant(most)),
      );
    for (const one of protocols) {
      const next = equals(load(1, network + 6), one);
      const ports6 = either(
        direction,
        range(load(2, network + IPV6_HEADER)),
        range(load(2, network + IPV6_HEADER + 2)),
      );
      over6 = or(over6, and(next, ports6));
      const carried = equals(load(1, network + 9), one);
      const ports4 = either(
        direction,
        range(behind(network, 2, 0)),
        range(behind(network, 2, 2)),
      );
      over4 = or(over4, and(carried, and(this.first4(), ports4)));
    }
    return or(
      and(this.type(EtherType.IPV6), over6),
      and(this.type(EtherType.IPV4), over4),
    );
  }

  /** The IPv4 destination is a group. */
  multicast4(): Condition {
    const octet = load(1, this.network + 16);
    return and(
      this.type(EtherType.IPV4),
      compare(octet, ">=", constant(0xe0)),
    );
  }

  /** The IPv6 destination is a group. */
  multicast6(): Condition {
    const octet = load(1, this.network + 24);
    return and(this.type(EtherType.IPV6), equals(octet, 0xff));
  }

  /** The IPv4 destination has all or no bits set beside the mask. */
  broadcast4(mask: number): Condition {
    const field = load(4, this.network + 16);
    const part = operation("&", field, constant(~mask));
    return and(
      this.type(EtherType.IPV4),
      or(equals(part, 0), equals(part, ~mask)),
    );
  }
}
