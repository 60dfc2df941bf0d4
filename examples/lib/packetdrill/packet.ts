/**
 * Packets as octets: what a script injects, and what the host has sent.
 *
 * Inside there is IPv4 only. Addresses are of no interest to scripts, so that
 * those for IPv6 run over it, too; what differs is the length of the header,
 * and that is taken into account by the MTU.
 *
 * @module
 */

import { finish, pseudo4, sum } from "@ethox/wire/checksum";
import type { Option } from "./ast.ts";

/** Octets of an IPv4 header. */
export const IPV4_HEADER = 20;
/** Protocol numbers. */
export const TCP = 6;
/** See {@linkcode TCP}. */
export const UDP = 17;
/** See {@linkcode TCP}. */
export const ICMP = 1;
const EXPERIMENT = 254;
/** The experiment identifier of fast open, RFC 7413. */
const FAST_OPEN_MAGIC = 0xf989;
const ACCECN_E0B_FIRST = 172;
const ACCECN_E1B_FIRST = 174;

/** Where a packet comes from and goes to. */
export interface Route {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** The fields of a segment. */
export interface Segment {
  readonly flags: number;
  readonly sequence: number;
  readonly ack: number;
  readonly window: number;
  readonly urgent: number;
  readonly options: readonly Option[];
  readonly length: number;
}

/** A packet that the host has sent, decoded. */
export interface Seen {
  /** When, µs of the virtual clock. */
  readonly at: number;
  readonly protocol: number;
  readonly route: Route;
  /** All eight bits of the type of service. */
  readonly tos: number;
  readonly ttl: number;
  readonly octets: Uint8Array;
  /** Whether the checksum of a segment is right. */
  readonly intact: boolean;
  /** Of TCP; otherwise its `length` alone has a meaning. */
  readonly segment: Segment;
  /** Of ICMP. */
  readonly type: number;
  readonly code: number;
}

/** The options as octets, padded to a multiple of four. */
export function encodeOptions(options: readonly Option[]): Uint8Array {
  const octets: number[] = [];
  const word = (value: number) => {
    for (const shift of [24, 16, 8, 0]) octets.push((value >>> shift) & 255);
  };
  for (const option of options) {
    switch (option.kind) {
      case "eol":
        octets.push(0);
        break;
      case "nop":
        octets.push(1);
        break;
      case "mss":
        octets.push(2, 4, (option.value >> 8) & 255, option.value & 255);
        break;
      case "wscale":
        octets.push(3, 3, option.value & 255);
        break;
      case "sackOK":
        octets.push(4, 2);
        break;
      case "sack":
        octets.push(5, 2 + 8 * option.blocks.length);
        for (const block of option.blocks) block.forEach(word);
        break;
      case "TS":
        octets.push(8, 10);
        word(option.value);
        word(option.echo);
        break;
      case "md5":
        octets.push(19, 2 + option.octets.length, ...option.octets);
        break;
      case "FO":
        octets.push(34, 2 + option.octets.length, ...option.octets);
        break;
      case "FOEXP":
        octets.push(EXPERIMENT, 4 + option.octets.length);
        octets.push(FAST_OPEN_MAGIC >> 8, FAST_OPEN_MAGIC & 255);
        octets.push(...option.octets);
        break;
      case "ECN": {
        const kind = option.first === "e1b"
          ? ACCECN_E1B_FIRST
          : ACCECN_E0B_FIRST;
        octets.push(kind, 2 + 3 * option.counters.length);
        for (const n of option.counters) {
          octets.push((n >> 16) & 255, (n >> 8) & 255, n & 255);
        }
        break;
      }
      case "raw":
        octets.push(...option.octets);
        break;
      case "other":
        octets.push(option.number, 2 + option.octets.length, ...option.octets);
    }
  }
  while (octets.length % 4 !== 0) octets.push(0);
  return Uint8Array.from(octets);
}

/** The options of a header; what makes no sense ends the list. */
export function decodeOptions(octets: Uint8Array): Option[] {
  const options: Option[] = [];
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  for (let at = 0; at < octets.length;) {
    const kind = octets[at]!;
    if (kind <= 1) {
      options.push({ kind: kind === 0 ? "eol" : "nop" });
      at++;
      // What follows the end of the list is padding.
      if (kind === 0) break;
      continue;
    }
    const length = octets[at + 1] ?? 0;
    if (length < 2 || at + length > octets.length) break;
    options.push(
      decodeOption(kind, octets.slice(at + 2, at + length), view, at),
    );
    at += length;
  }
  return options;
}

function decodeOption(
  kind: number,
  body: Uint8Array,
  view: DataView,
  at: number,
): Option {
  const { length } = body;
  if (kind === 2 && length === 2) {
    return { kind: "mss", value: view.getUint16(at + 2) };
  }
  if (kind === 3 && length === 1) return { kind: "wscale", value: body[0]! };
  if (kind === 4 && length === 0) return { kind: "sackOK" };
  if (kind === 5 && length % 8 === 0) {
    const blocks: number[][] = [];
    for (let i = at + 2; i < at + 2 + length; i += 8) {
      blocks.push([view.getUint32(i), view.getUint32(i + 4)]);
    }
    return { kind: "sack", blocks };
  }
  if (kind === 8 && length === 8) {
    const value = view.getUint32(at + 2);
    return { kind: "TS", value, echo: view.getUint32(at + 6) };
  }
  if (kind === 19) return { kind: "md5", octets: body };
  if (kind === 34) return { kind: "FO", octets: body };
  if (
    kind === EXPERIMENT && length >= 2 &&
    view.getUint16(at + 2) === FAST_OPEN_MAGIC
  ) return { kind: "FOEXP", octets: body.slice(2) };
  if (
    (kind === ACCECN_E0B_FIRST || kind === ACCECN_E1B_FIRST) &&
    length % 3 === 0
  ) {
    const counters: number[] = [];
    for (let i = 0; i < length; i += 3) {
      counters.push((body[i]! << 16) | (body[i + 1]! << 8) | body[i + 2]!);
    }
    const first = kind === ACCECN_E1B_FIRST ? "e1b" : "e0b";
    return { kind: "ECN", first, counters };
  }
  return { kind: "other", number: kind, octets: body };
}

function ip(
  route: Route,
  protocol: number,
  payload: number,
  tos: number,
  ttl: number,
): { octets: Uint8Array; view: DataView } {
  const octets = new Uint8Array(IPV4_HEADER + payload);
  const view = new DataView(octets.buffer);
  octets[0] = 0x45;
  octets[1] = tos;
  view.setUint16(2, octets.length);
  octets[6] = 0x40;
  octets[8] = ttl;
  octets[9] = protocol;
  view.setInt32(12, route.source);
  view.setInt32(16, route.destination);
  view.setUint16(10, finish(sum(view, 0, IPV4_HEADER)));
  return { octets, view };
}

/** A datagram with a segment in it. */
export function buildTcp(
  route: Route,
  segment: Segment,
  tos: number,
  ttl: number,
  spoiled = false,
): Uint8Array {
  const options = encodeOptions(segment.options);
  const header = 20 + options.length;
  const length = header + segment.length;
  const { octets, view } = ip(route, TCP, length, tos, ttl);
  const at = IPV4_HEADER;
  view.setUint16(at, route.sourcePort);
  view.setUint16(at + 2, route.destinationPort);
  view.setInt32(at + 4, segment.sequence);
  view.setInt32(at + 8, segment.ack);
  view.setUint16(at + 12, (header << 10) | segment.flags);
  view.setUint16(at + 14, segment.window);
  view.setUint16(at + 18, segment.urgent);
  octets.set(options, at + 20);
  const seed = pseudo4(route.source, route.destination, TCP, length);
  const checksum = finish(sum(view, at, length, seed));
  view.setUint16(at + 16, spoiled ? checksum ^ 1 : checksum);
  return octets;
}

/** A datagram with `length` octets of UDP. */
export function buildUdp(
  route: Route,
  length: number,
  tos: number,
  ttl: number,
): Uint8Array {
  const total = 8 + length;
  const { octets, view } = ip(route, UDP, total, tos, ttl);
  const at = IPV4_HEADER;
  view.setUint16(at, route.sourcePort);
  view.setUint16(at + 2, route.destinationPort);
  view.setUint16(at + 4, total);
  const seed = pseudo4(route.source, route.destination, UDP, total);
  view.setUint16(at + 6, finish(sum(view, at, total, seed)) || 0xffff);
  return octets;
}

/** An ICMP message that quotes a datagram of the host. */
export function buildIcmp(
  route: Route,
  type: number,
  code: number,
  rest: number,
  quoted: Uint8Array,
): Uint8Array {
  const length = 8 + quoted.length;
  const { octets, view } = ip(route, ICMP, length, 0, 255);
  const at = IPV4_HEADER;
  octets[at] = type;
  octets[at + 1] = code;
  view.setInt32(at + 4, rest);
  octets.set(quoted, at + 8);
  view.setUint16(at + 2, finish(sum(view, at, length)));
  return octets;
}

/** Reads what the host has sent. */
export function decode(octets: Uint8Array, at: number): Seen {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const start = (octets[0]! & 15) * 4;
  const protocol = octets[9]!;
  const end = view.getUint16(2);
  const ports = protocol === TCP || protocol === UDP;
  const route: Route = {
    source: view.getInt32(12),
    destination: view.getInt32(16),
    sourcePort: ports ? view.getUint16(start) : 0,
    destinationPort: ports ? view.getUint16(start + 2) : 0,
  };
  const base = {
    at,
    protocol,
    route,
    tos: octets[1]!,
    ttl: octets[8]!,
    octets,
  };
  if (protocol !== TCP) {
    const length = end - start - 8;
    return {
      ...base,
      intact: true,
      segment: { ...NOTHING, length },
      type: protocol === ICMP ? octets[start]! : 0,
      code: protocol === ICMP ? octets[start + 1]! : 0,
    };
  }
  const header = (octets[start + 12]! >> 4) * 4;
  const length = end - start;
  const seed = pseudo4(route.source, route.destination, TCP, length);
  return {
    ...base,
    intact: sum(view, start, length, seed) === 0xffff,
    segment: {
      flags: view.getUint16(start + 12) & 0xfff,
      sequence: view.getUint32(start + 4),
      ack: view.getUint32(start + 8),
      window: view.getUint16(start + 14),
      urgent: view.getUint16(start + 18),
      options: decodeOptions(octets.subarray(start + 20, start + header)),
      length: length - header,
    },
    type: 0,
    code: 0,
  };
}

const NOTHING: Segment = {
  flags: 0,
  sequence: 0,
  ack: 0,
  window: 0,
  urgent: 0,
  options: [],
  length: 0,
};
