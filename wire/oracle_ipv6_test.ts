// Every IPv6 header of the conformance captures, its extension headers and the
// checksums over it, key by key, against tshark.

import { assert, assertEquals } from "@std/assert";
import * as ah from "./ah.ts";
import { pseudo6, sum } from "./checksum.ts";
import * as ip from "./ip.ts";
import * as ipv6 from "./ipv6.ts";
import * as ipv6Extension from "./ipv6_extension.ts";
import * as ipv6Fragment from "./ipv6_fragment.ts";
import * as ipv6Option from "./ipv6_option.ts";
import * as ipv6Routing from "./ipv6_routing.ts";
import type { Reason } from "./reason.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";
import * as udplite from "./udplite.ts";
import {
  captures,
  type Case,
  cases,
  compare,
  conformanceTest,
  type Layer,
  rejected,
} from "./_oracle_test_util.ts";
import { readAll } from "./_property_test_util.ts";

/** Protocol numbers of the layers that a chain is made of. */
const EXTENSIONS: Readonly<Record<string, number>> = {
  "ipv6.hopopts": 0,
  "ipv6.routing": 43,
  "ipv6.fraghdr": 44,
  "ah": 51,
  "ipv6.dstopts": 60,
  "mipv6": 135,
};

/** A header and what is behind it, if the whole is sound. */
interface Outer {
  readonly packet: ipv6.View;
  readonly chain: ipv6Extension.Chain;
  /** Whether lengths are as the header says. */
  readonly whole: boolean;
}

function ipv6Layer(one: Case, layer: Layer, quoted: boolean): [number, Outer?] {
  const packet = new ipv6.View(one.view, layer.off);
  const header = packet.checkHeader();
  if (header !== undefined) {
    rejected(one, layer, header, header === "version" && layer.ver !== 6);
    return [0];
  }
  const reason = packet.check();
  const cut = quoted || one.frame.caplen < one.frame.len;
  // What segmentation offload leaves in a capture has a payload length of 0.
  const offload = layer.plen === 0 && layer.nxt === 6;
  // RFC 8200 section 3, RFC 2675 section 3: the payload is all there.
  const beyond = (one.frame.expert ?? []).some(([, text]) =>
    text.startsWith("IPv6 payload length exceeds framing length")
  );
  const rule = cut || offload || (reason === "length" && beyond);
  if (reason !== undefined) rejected(one, layer, reason, rule);
  readAll(packet);
  const repr = new ipv6.Repr();
  if (reason === undefined) {
    assertEquals(repr.parse(packet), undefined);
    const copy = new DataView(new ArrayBuffer(40));
    repr.emit(copy, 0);
    for (let i = 0; i < 40; i++) {
      assertEquals(copy.getUint8(i), one.view.getUint8(layer.off + i));
    }
  }
  const compared = compare(one.name, layer, {
    ver: packet.version,
    size: packet.payloadStart - packet.start,
    tclass: packet.trafficClass,
    flow: packet.flowLabel,
    plen: packet.payloadLength,
    nxt: packet.nextHeader,
    hlim: packet.hopLimit,
    src: `${ipv6.Address.read(one.view, layer.off + 8)}`,
    dst: `${ipv6.Address.read(one.view, layer.off + 24)}`,
  });
  const whole = reason === undefined && !cut && !offload;
  const chain = new ipv6Extension.Chain();
  chain.walk(packet);
  return [compared, { packet, chain, whole }];
}

/** The chain finds the headers that the oracle does, where it does. */
function chainOf(one: Case, outer: Outer, layers: Layer[]): number {
  const { packet, chain } = outer;
  const theirs: [number, number][] = [];
  let next = layers.length;
  let before = packet.nextHeader;
  for (const [i, layer] of layers.entries()) {
    const type = EXTENSIONS[layer.l];
    // tshark also knows the number 62, which mobility once had.
    if (type === undefined || type !== before) {
      next = i;
      break;
    }
    theirs.push([type, layer.off]);
    before = Number(layer.nxt ?? 59);
  }
  const mine: [number, number][] = [];
  chain.over(packet);
  while (chain.next()) mine.push([chain.type, chain.start]);
  const { reason } = chain;
  if (reason !== undefined) {
    // Fragment headers may not nest; what is cut off cannot be walked.
    const nested = theirs.filter(([type]) => type === 44).length > 1;
    // The first piece has to have all headers (RFC 7112); jumbo payloads are
    // told once (RFC 2675 section 3).
    const rule = nested || !outer.whole || chain.moreFragments ||
      (reason === "malformed" && chain.jumbo >= 0);
    rejected(one, layers[0] ?? { l: "ipv6", off: 0, size: 0 }, reason, rule);
    assertEquals(mine, theirs.slice(0, mine.length), `${one.name} chain`);
    return mine.length;
  }
  assertEquals(mine, theirs, `${one.name} chain`);
  const upper = layers[next];
  if (upper !== undefined && chain.fragmentOffset === 0) {
    assertEquals(chain.payloadStart, upper.off, `${one.name} upper layer`);
  }
  return mine.length + 1;
}

function options(one: Case, layer: Layer, end: number): number {
  const view = new ipv6Option.View(one.view, layer.off, end);
  const reason = view.check();
  if (reason !== undefined) {
    rejected(one, layer, reason, false);
    return 0;
  }
  const walk = new ipv6Option.Options();
  walk.wrap(one.view, view.optionsStart, view.optionsEnd);
  const types: number[] = [];
  const lengths: number[] = [];
  const values: Record<string, unknown> = {};
  while (walk.next()) {
    types.push(walk.type);
    // One octet of padding has no length.
    if (walk.type > 0) lengths.push(walk.length);
    if (walk.routerAlert >= 0) values.router_alert ??= walk.routerAlert;
    if (walk.jumboLength >= 0) values.jumbo ??= walk.jumboLength;
  }
  if (walk.reason !== undefined) {
    rejected(one, layer, walk.reason, false);
    return compare(one.name, layer, { nxt: view.nextHeader, ...values });
  }
  const repr = new ipv6Option.Repr();
  assertEquals(repr.parse(view), undefined);
  same(one, repr, layer.off);
  return compare(one.name, layer, {
    nxt: view.nextHeader,
    len: view.headerLength,
    size: view.headerLength,
    // The oracle stops within an option that it finds damaged.
    ...(one.frame.malformed ? {} : { opt_types: types, opt_lens: lengths }),
    ...values,
  });
}

/** What a repr writes is what was there. */
function same(
  one: Case,
  repr: { bufferLength: number; emit(view: DataView, at: number): void },
  at: number,
): void {
  const copy = new DataView(new ArrayBuffer(repr.bufferLength));
  repr.emit(copy, 0);
  for (let i = 0; i < copy.byteLength; i++) {
    const there = one.view.getUint8(at + i);
    assertEquals(copy.getUint8(i), there, `${one.name} octet ${at + i}`);
  }
}

function routing(one: Case, layer: Layer, end: number): number {
  const view = new ipv6Routing.View(one.view, layer.off, end);
  const reason = view.check();
  if (reason !== undefined) {
    rejected(one, layer, reason, false);
    return 0;
  }
  const words = new Int32Array(4);
  const addresses: string[] = [];
  for (let i = 0; i < view.addressCount; i++) {
    view.copyAddress(i, words);
    addresses.push(`${ipv6.Address.from(words)}`);
  }
  const repr = new ipv6Routing.Repr();
  assertEquals(repr.parse(view), undefined);
  same(one, repr, layer.off);
  return compare(one.name, layer, {
    nxt: view.nextHeader,
    len: view.headerLength,
    type: view.type,
    segleft: view.segmentsLeft,
    addrs: addresses,
  });
}

function fragment(one: Case, layer: Layer, end: number, outer?: Outer): number {
  const view = new ipv6Fragment.View(one.view, layer.off, end);
  const reason = view.check();
  if (reason !== undefined) {
    rejected(one, layer, reason, false);
    return 0;
  }
  const mine = {
    nxt: view.nextHeader,
    size: ipv6Fragment.HEADER_LENGTH,
    offset: view.fragmentOffset / 8,
    more: +view.moreFragments,
    id: view.identification >>> 0,
  };
  if (outer?.chain.fragment === layer.off) {
    assertEquals(
      [outer.chain.fragmentOffset, outer.chain.moreFragments],
      [view.fragmentOffset, view.moreFragments],
    );
    assertEquals(outer.chain.identification, view.identification);
  }
  return compare(one.name, layer, mine);
}

function ahLayer(one: Case, layer: Layer, end: number): number {
  const view = new ah.View(one.view, layer.off, end);
  if (end - layer.off < ah.HEADER_LENGTH) return 0;
  const reason: Reason | undefined = view.check();
  if (reason !== undefined) rejected(one, layer, reason, false);
  return compare(one.name, layer, {
    nxt: view.nextHeader,
    // The oracle has the field as it is, units of 4 octets without two.
    len: view.headerLength / 4 - 2,
    spi: view.spi >>> 0,
    seq: view.sequence >>> 0,
  });
}

/** Fields and checksums of upper layers, and over which addresses they are. */
function upper(
  one: Case,
  layer: Layer,
  outer: Outer,
  count: (name: string, compared: number) => void,
): number {
  const { chain, packet } = outer;
  if (chain.reason !== undefined || chain.payloadStart !== layer.off) return 0;
  const status = layer.csum_status;
  const end = packet.payloadEnd;
  const told = outer.whole && !chain.isFragment &&
    (status === "good" || status === "bad");
  let compared = 0;
  let right: boolean;
  if (layer.l === "udp") {
    const view = new udp.View(one.view, layer.off, end);
    const reason = view.check();
    if (reason !== undefined) {
      rejected(one, layer, reason, chain.moreFragments || !outer.whole);
      return 0;
    }
    compared += compare(one.name, layer, {
      sport: view.sourcePort,
      dport: view.destinationPort,
      len: view.length,
      csum: view.checksum,
    });
    right = view.verify6(chain.addressSum);
    const { checksum } = view;
    view.fillChecksum6(chain.addressSum);
    assert(view.verify6(chain.addressSum), one.name);
    if (right) assertEquals(view.checksum, checksum, one.name);
    view.checksum = checksum;
  } else if (layer.l === "tcp") {
    const view = new tcp.View(one.view, layer.off, end);
    const reason = view.check();
    if (reason !== undefined) {
      rejected(one, layer, reason, chain.moreFragments || !outer.whole);
      return 0;
    }
    compared += compare(one.name, layer, {
      sport: view.sourcePort,
      dport: view.destinationPort,
      hlen: view.headerLength,
      csum: view.checksum,
      ...(told ? { payload: view.payloadEnd - view.payloadStart } : {}),
    });
    right = view.verify6(chain.addressSum);
    const { checksum } = view;
    view.fillChecksum6(chain.addressSum);
    assert(view.verify6(chain.addressSum), one.name);
    // Either zero is right, and senders write any of the two.
    if (right && checksum % 0xffff !== 0) {
      assertEquals(view.checksum, checksum, one.name);
    }
    view.checksum = checksum;
  } else {
    const length = end - layer.off;
    const seed = pseudo6(chain.addressSum, ip.Protocol.ICMPV6, length);
    right = sum(one.view, layer.off, length, seed) === 0xffff;
  }
  if (told) {
    assertEquals(right, status === "good", `${one.name} ${layer.l} checksum`);
    count(`${layer.l} ${status}`, 1);
  }
  return compared;
}

/** Compares a list of layers and those they quote; counts by layer. */
function walk(
  one: Case,
  layers: Layer[],
  counts: Map<string, number>,
  quoted = false,
): void {
  const count = (name: string, compared: number) => {
    if (compared > 0) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  let outer: Outer | undefined;
  for (const [i, layer] of layers.entries()) {
    const end = outer?.whole ? outer.packet.payloadEnd : one.view.byteLength;
    switch (layer.l) {
      case "ip":
        outer = undefined;
        break;
      case "ipv6": {
        const [compared, found] = ipv6Layer(one, layer, quoted);
        count("ipv6", compared);
        outer = found;
        if (outer === undefined) break;
        count("chain", chainOf(one, outer, layers.slice(i + 1)));
        break;
      }
      case "ipv6.hopopts":
      case "ipv6.dstopts":
        count(layer.l, options(one, layer, end));
        break;
      case "ipv6.routing":
        count(layer.l, routing(one, layer, end));
        break;
      case "ipv6.fraghdr":
        count(layer.l, fragment(one, layer, end, outer));
        break;
      case "ah":
        count(layer.l, ahLayer(one, layer, end));
        break;
      case "udp":
      case "tcp":
      case "icmpv6":
        if (outer !== undefined) {
          count(layer.l, upper(one, layer, outer, count));
        }
    }
    if (Array.isArray(layer.quote)) walk(one, layer.quote, counts, true);
  }
}

conformanceTest(
  "ipv6, its extension headers, and checksums over it agree with the oracle on every frame",
  () => {
    const counts = new Map<string, number>();
    for (const capture of captures()) {
      for (const one of cases(capture)) walk(one, one.frame.layers, counts);
    }
    // Most layers are compared and not refused.
    for (
      const [name, least] of [
        ["ipv6", 414],
        ["chain", 410],
        ["ipv6.hopopts", 54],
        ["ipv6.dstopts", 21],
        ["ipv6.routing", 10],
        ["ipv6.fraghdr", 315],
        ["ah", 1],
        ["udp good", 49],
        ["udp bad", 17],
        ["tcp good", 32],
        ["tcp bad", 4],
        ["icmpv6 good", 250],
        ["icmpv6 bad", 1],
      ] as const
    ) {
      const count = counts.get(name) ?? 0;
      assert(count >= least, `${name}: ${count} layers compared`);
    }
  },
);

/** What a host does first with an IPv6 packet, on any octets. */
function receive(view: DataView, start: number): void {
  const end = view.byteLength;
  const packet = new ip.Packet();
  if (packet.parse(view, start, end) === undefined) {
    readAll(packet);
    const { payloadStart, payloadEnd } = packet;
    new udp.Packet().parse(view, payloadStart, payloadEnd);
    new tcp.Packet().parse(view, payloadStart, payloadEnd);
    new udplite.Packet().parse(view, payloadStart, payloadEnd);
  }
  for (
    const header of [
      new ipv6Option.View(),
      new ipv6Routing.View(),
      new ipv6Fragment.View(),
      new ah.View(),
    ]
  ) {
    if (header.wrap(view, start, end).check() === undefined) readAll(header);
  }
}

conformanceTest(
  "A16 no parser of IPv6 throws at any offset of any frame",
  () => {
    for (const capture of captures()) {
      for (const one of cases(capture).slice(0, 20)) {
        for (let at = 0; at <= Math.min(one.view.byteLength, 120); at++) {
          receive(one.view, at);
        }
      }
    }
  },
);
