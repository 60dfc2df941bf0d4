/**
 * Which flow a packet belongs to: addresses, protocol and ports, of IPv4 and
 * IPv6, as words to compare and to hash.
 *
 * A {@linkcode Key} is filled from what a `Dissector` found, and makes no
 * garbage. A symmetric key is the same for both directions.
 *
 * ```ts
 * import { dissector, flow, ip, ipv4, udp } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * function datagram(from: number, to: number): DataView {
 *   const view = new DataView(new ArrayBuffer(28));
 *   const header = new ipv4.Repr();
 *   header.source = 0x0a000000 + from;
 *   header.destination = 0x0a000000 + to;
 *   header.protocol = ip.Protocol.UDP;
 *   header.payloadLength = 8;
 *   header.emit(view, 0);
 *   const ports = new udp.Repr();
 *   ports.sourcePort = from;
 *   ports.destinationPort = to;
 *   ports.emit(view, 20);
 *   return view;
 * }
 *
 * const found = new dissector.Dissector();
 * const there = new flow.Key({ symmetric: true });
 * const back = new flow.Key({ symmetric: true });
 * const request = datagram(1, 2);
 * found.walk(request, 0, 28, dissector.LinkType.IPV4);
 * assert(there.read(request, found));
 * const response = datagram(2, 1);
 * found.walk(response, 0, 28, dissector.LinkType.IPV4);
 * assert(back.read(response, found));
 * assert(there.equals(back));
 * assertEquals(there.hash(), back.hash());
 * assertEquals([there.reversed, back.reversed], [false, true]);
 * assertEquals(`${there}`, "10.0.0.1:1 10.0.0.2:2 UDP");
 * ```
 *
 * @module
 */

import type { Dissector } from "./dissector.ts";
import { Kind } from "./dissector.ts";
import { nameOfProtocol } from "./ip.ts";
import { Writer } from "./text.ts";

/** Words of a key. */
export const WORDS = 10;

const DESTINATION = 4;
const PORTS = 8;
const PROTOCOL = 9;
/** Stands above the protocol, so that no IPv4 flow equals one of IPv6. */
const IPV6 = 0x100;
const MAPPED = 0xffff;

/** What a {@linkcode Key} is. */
export interface KeyOptions {
  /** Whether both directions of a flow have one key; they have two by default. */
  readonly symmetric?: boolean;
}

/**
 * A flow: ten words, in a plain array that may be copied into tables.
 *
 * Four for the source, four for the destination, the ports in the two halves of
 * one, and the protocol. An IPv4 address stands in the last of its four words,
 * behind 0, 0, 0xffff; a protocol without ports has 0 for both.
 */
export class Key {
  /** The words. */
  readonly words: Int32Array = new Int32Array(WORDS);
  /** Whether both directions have one key. */
  readonly symmetric: boolean;
  /** Whether source and destination were exchanged to make it symmetric. */
  reversed = false;

  /** A key that is filled by {@linkcode Key.read}. */
  constructor(options: KeyOptions = {}) {
    this.symmetric = options.symmetric ?? false;
  }

  /**
   * Takes the flow of the layer `index` of what a walk over `view` found: by
   * default that of the innermost transport that is not quoted by an error, or
   * else of the innermost network layer. False, and nothing changed, if there
   * are no two addresses.
   */
  read(view: DataView, found: Dissector, index: number = find(found)): boolean {
    if (index < 0) return false;
    const kind = found.kind[index]!;
    const network = kind === Kind.IPV4 || kind === Kind.IPV6
      ? index
      : found.network[index]!;
    if (network < 0) return false;
    const at = found.at[network]!;
    const six = found.kind[network] === Kind.IPV6;
    // Addresses stand in front of the end of the header, which may be cut.
    if (found.payload[network]! < at + (six ? 40 : 20)) return false;
    const { words } = this;
    let ports = 0;
    let protocol = six ? view.getUint8(at + 6) : view.getUint8(at + 9);
    if (index > network) {
      protocol = protocolOf(kind);
      if (found.payload[index]! >= found.at[index]! + 4 && hasPorts(kind)) {
        ports = view.getInt32(found.at[index]!);
      }
    }
    for (let i = 0; i < 4; i++) {
      words[i] = six ? view.getInt32(at + 8 + 4 * i) : 0;
      words[DESTINATION + i] = six ? view.getInt32(at + 24 + 4 * i) : 0;
    }
    if (!six) {
      words[2] = MAPPED;
      words[3] = view.getInt32(at + 12);
      words[DESTINATION + 2] = MAPPED;
      words[DESTINATION + 3] = view.getInt32(at + 16);
    }
    words[PORTS] = ports;
    words[PROTOCOL] = six ? IPV6 | protocol : protocol;
    this.reversed = false;
    if (this.symmetric && this.#order() > 0) this.reverse();
    return true;
  }

  /** Exchanges source and destination. */
  reverse(): void {
    const { words } = this;
    for (let i = 0; i < 4; i++) {
      const word = words[i]!;
      words[i] = words[DESTINATION + i]!;
      words[DESTINATION + i] = word;
    }
    words[PORTS] = words[PORTS]! << 16 | words[PORTS]! >>> 16;
    this.reversed = !this.reversed;
  }

  /** Below, at or above 0 as the source is below, at or above the destination. */
  #order(): number {
    const { words } = this;
    for (let i = 0; i < 4; i++) {
      const difference = (words[i]! >>> 0) - (words[DESTINATION + i]! >>> 0);
      if (difference !== 0) return difference;
    }
    return (words[PORTS]! >>> 16) - (words[PORTS]! & 0xffff);
  }

  /** Whether the flow is over IPv6. */
  get isIpv6(): boolean {
    return (this.words[PROTOCOL]! & IPV6) !== 0;
  }

  /** Number of the protocol. */
  get protocol(): number {
    return this.words[PROTOCOL]! & 0xff;
  }

  /** Source port, 0 without. */
  get sourcePort(): number {
    return this.words[PORTS]! >>> 16;
  }

  /** Destination port, 0 without. */
  get destinationPort(): number {
    return this.words[PORTS]! & 0xffff;
  }

  /** Whether both are the same flow. */
  equals(other: Key): boolean {
    return this.equalsAt(other.words, 0);
  }

  /** Whether ten words of a table, from `at` on, are the same flow. */
  equalsAt(table: Int32Array, at: number): boolean {
    const { words } = this;
    for (let i = 0; i < WORDS; i++) {
      if (words[i] !== table[at + i]) return false;
    }
    return true;
  }

  /** Copies the words into a table, from `at` on. */
  copyTo(table: Int32Array, at: number): void {
    const { words } = this;
    for (let i = 0; i < WORDS; i++) table[at + i] = words[i]!;
  }

  /** Takes over another flow, and makes it symmetric if this key is. */
  copy(other: Key): void {
    other.copyTo(this.words, 0);
    this.reversed = other.reversed;
    if (this.symmetric && this.#order() > 0) this.reverse();
  }

  /**
   * A hash of the words, uint32, that spreads well. With a secret seed it is
   * hard to guess and still not meant to withstand an attack: where strangers
   * choose the flows, use a keyed hash such as SipHash.
   */
  hash(seed: number = 0): number {
    const { words } = this;
    // The mixing steps of MurmurHash3 with its constants, which are public.
    let hash = seed | 0;
    for (let i = 0; i < WORDS; i++) {
      let word = Math.imul(words[i]!, 0xcc9e2d51 | 0);
      word = Math.imul(word << 15 | word >>> 17, 0x1b873593);
      hash ^= word;
      hash = Math.imul(hash << 13 | hash >>> 19, 5) + (0xe6546b64 | 0) | 0;
    }
    hash ^= 4 * WORDS;
    hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b | 0);
    hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35 | 0);
    return (hash ^ hash >>> 16) >>> 0;
  }

  /** Both endpoints and the protocol, as text. */
  toString(): string {
    const out = new Writer(128);
    this.#endpoint(out, 0, this.sourcePort);
    out.byte(0x20);
    this.#endpoint(out, DESTINATION, this.destinationPort);
    out.byte(0x20);
    out.text(nameOfProtocol(this.protocol));
    return out.toString();
  }

  #endpoint(out: Writer, from: number, port: number): void {
    const { words } = this;
    if (this.isIpv6) {
      out.byte(0x5b);
      out.ipv6(
        words[from]!,
        words[from + 1]!,
        words[from + 2]!,
        words[from + 3]!,
      );
      out.byte(0x5d);
    } else out.ipv4(words[from + 3]!);
    if (this.words[PORTS] === 0) return;
    out.byte(0x3a);
    out.decimal(port);
  }
}

/**
 * Index of the innermost transport that no error quotes, or else of the
 * innermost network layer; -1 if there is neither.
 */
export function find(found: Dissector): number {
  let network = -1;
  let transport = -1;
  for (let i = 0; i < found.count && found.quoted[i] === 0; i++) {
    const kind = found.kind[i]!;
    if (kind === Kind.IPV4 || kind === Kind.IPV6) {
      network = i;
      transport = -1;
    } else if (protocolOf(kind) >= 0) transport = i;
  }
  return transport >= 0 ? transport : network;
}

function hasPorts(kind: number): boolean {
  return kind === Kind.TCP || kind === Kind.UDP || kind === Kind.UDP_LITE;
}

/** The protocol number of a transport, -1 for other kinds. */
function protocolOf(kind: number): number {
  switch (kind) {
    case Kind.ICMPV4:
      return 1;
    case Kind.IGMP:
      return 2;
    case Kind.TCP:
      return 6;
    case Kind.UDP:
      return 17;
    case Kind.ICMPV6:
      return 58;
    case Kind.UDP_LITE:
      return 136;
    default:
      return -1;
  }
}
