// Every frame of the conformance captures, key by key, against tshark.

import { assert, assertEquals } from "@std/assert";
import * as arp from "./arp.ts";
import * as ethernet from "./ethernet.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";
import {
  captures,
  type Case,
  cases,
  compare,
  conformanceTest,
  hex,
  type Layer,
  rejected,
} from "./_oracle_test_util.ts";
import { readAll } from "./_property_test_util.ts";

function eth(one: Case, layer: Layer): number {
  const view = new ethernet.View(one.view, layer.off);
  const reason = view.check();
  if (reason !== undefined) {
    rejected(one, layer, reason, false);
    return 0;
  }
  readAll(view);
  return compare(one.name, layer, {
    dst: `${view.destination}`,
    src: `${view.source}`,
    ...(view.hasLength ? { len: view.etherType } : { type: view.etherType }),
  });
}

function arpLayer(one: Case, layer: Layer): number {
  const view = new arp.View(one.view, layer.off);
  const reason = view.checkLayout();
  if (reason !== undefined) {
    rejected(one, layer, reason, false);
    return 0;
  }
  const words = view.check() === undefined
    ? {
      sha: ethernet.format(view.senderHigh, view.senderLow),
      spa: ipv4.format(view.senderProtocol),
      tha: ethernet.format(view.targetHigh, view.targetLow),
      tpa: ipv4.format(view.targetProtocol),
    }
    : {};
  return compare(one.name, layer, {
    htype: view.hardwareType,
    ptype: view.protocolType,
    hlen: view.hardwareLength,
    plen: view.protocolLength,
    op: view.operation,
    size: view.length,
    ...words,
  });
}

/** Types of options if all are well-formed, the end included as tshark does. */
function optionTypes(header: ipv4.View): { opt_types?: number[] } {
  const options = new ipv4.Options();
  options.wrap(header.view, header.optionsStart, header.optionsEnd);
  const types: number[] = [];
  while (options.next()) types.push(options.type);
  return options.reason === undefined ? { opt_types: types } : {};
}

function ip(one: Case, layer: Layer, quoted: boolean): number {
  const view = new ipv4.View(one.view, layer.off);
  const cut = quoted || one.frame.caplen < one.frame.len;
  const reason = cut ? view.checkHeader() : view.check();
  if (reason !== undefined) {
    // A total length of 0 is what segmentation offload leaves in a capture; no
    // such datagram arrives from a wire. A version that is not 4 is not ours.
    const rule = (reason === "length" && layer.len === 0) ||
      (reason === "version" && layer.ver !== 4);
    rejected(one, layer, reason, rule);
    return 0;
  }
  readAll(view);
  let compared = compare(one.name, layer, {
    ver: view.version,
    hlen: view.headerLength,
    size: view.headerLength,
    tos: view.dscp << 2 | view.ecn,
    dscp: view.dscp,
    ecn: view.ecn,
    len: view.totalLength,
    id: view.identification,
    rb: +view.reserved,
    df: +view.dontFragment,
    mf: +view.moreFragments,
    frag: view.fragmentOffset / 8,
    ttl: view.ttl,
    proto: view.protocol,
    csum: view.checksum,
    src: ipv4.format(view.source),
    dst: ipv4.format(view.destination),
    ...optionTypes(view),
  });
  const status = layer.csum_status;
  if (status === "good" || status === "bad") {
    assertEquals(view.verify(), status === "good", `${one.name} checksum`);
    compared++;
  }
  return compared;
}

function udpLayer(
  one: Case,
  layer: Layer,
  outer: Layer | undefined,
  quoted: boolean,
): number {
  let end = one.view.byteLength;
  const header = new ipv4.View(one.view);
  const over4 = outer?.l === "ip" &&
    header.wrap(one.view, outer.off, end).check() === undefined;
  if (over4) end = header.payloadEnd;
  const view = new udp.View(one.view, layer.off, end);
  const reason = view.check();
  if (reason !== undefined) {
    // A first fragment and a quote end before the datagram does.
    const rule = reason === "length" &&
      (quoted || (over4 && header.moreFragments));
    rejected(one, layer, reason, rule);
    if (reason === "truncated") return 0;
  }
  readAll(view);
  let compared = compare(one.name, layer, {
    sport: view.sourcePort,
    dport: view.destinationPort,
    len: view.length,
    csum: view.checksum,
  });
  const status = layer.csum_status;
  if (status === "absent") {
    assertEquals(view.checksum, 0, one.name);
    compared++;
  } else if (
    reason === undefined && over4 && (status === "good" || status === "bad")
  ) {
    assertEquals(
      view.verify4(header.source, header.destination),
      status === "good",
      `${one.name} checksum`,
    );
    compared++;
  }
  return compared;
}

/** The IPv4 header in front of a layer, if there is a sound one. */
function over(one: Case, outer: Layer | undefined): ipv4.View | undefined {
  if (outer?.l !== "ip") return undefined;
  const header = new ipv4.View(one.view, outer.off);
  return header.check() === undefined ? header : undefined;
}

/** What the oracle says of an option, but for what is not modelled. */
interface Option {
  kind: number;
  len?: number;
  mss?: number;
  wscale?: number;
  tsval?: number;
  tsecr?: number;
  sack?: [number, number][];
}

/** The first option of a kind with a field: of two the first counts. */
function first<K extends keyof Option>(
  all: readonly Option[],
  kind: number,
  key: K,
): Option[K] | undefined {
  return all.find((o) => o.kind === kind && key in o)?.[key];
}

function tcpOptions({ name }: Case, layer: Layer, view: tcp.View): number {
  const text = hex(
    new Uint8Array(view.view.buffer).subarray(
      view.optionsStart,
      view.optionsEnd,
    ),
  );
  if (typeof layer.opts_hex === "string") {
    assertEquals(text, layer.opts_hex, `${name} options`);
  }
  const options = new tcp.Options();
  if (options.parse(view) !== undefined) return 0;
  const all = (layer.opts ?? []) as Option[];
  const mine: Record<string, unknown> = {};
  const theirs: Record<string, unknown> = {};
  const put = (key: string, value: unknown, other: unknown) => {
    if (other === undefined) return;
    mine[key] = value;
    theirs[key] = other;
  };
  put("mss", options.mss, first(all, 2, "mss"));
  const shift = first(all, 3, "wscale");
  // RFC 7323 section 2.3: more than 14 counts as 14.
  put(
    "wscale",
    options.windowScale,
    shift === undefined ? undefined : Math.min(14, shift),
  );
  put("tsval", options.timestampValue >>> 0, first(all, 8, "tsval"));
  put("tsecr", options.timestampEcho >>> 0, first(all, 8, "tsecr"));
  const blocks: [number, number][] = [];
  for (let i = 0; i < options.sackCount; i++) {
    blocks.push([options.sack[2 * i]! >>> 0, options.sack[2 * i + 1]! >>> 0]);
  }
  put("sack", blocks, first(all, 5, "sack"));
  assertEquals(mine, theirs, `${name} options`);
  const walk = new tcp.Walk().over(view);
  const listed: [number, number | undefined][] = [];
  while (walk.next()) {
    // The end and no-operations have no length.
    listed.push([walk.kind, walk.kind > 1 ? walk.length : undefined]);
  }
  // tshark goes on behind the end of the list, where RFC 9293 has padding.
  const end = all.findIndex((o) => o.kind === 0);
  const counted = end < 0 ? all : all.slice(0, end + 1);
  assertEquals(listed, counted.map((o) => [o.kind, o.len]), `${name} options`);
  return Object.keys(theirs).length;
}

function tcpLayer(
  one: Case,
  layer: Layer,
  outer: Layer | undefined,
  quoted: boolean,
): number {
  const header = over(one, outer);
  const end = header?.payloadEnd ?? one.view.byteLength;
  const view = new tcp.View(one.view, layer.off, end);
  const reason = view.check();
  if (reason !== undefined) {
    // The first fragment, or a quote, may end within the header.
    const rule = quoted || (header?.moreFragments ?? false);
    rejected(one, layer, reason, rule);
    return 0;
  }
  readAll(view);
  const whole = header !== undefined && !quoted &&
    one.frame.caplen === one.frame.len;
  let compared = compare(one.name, layer, {
    sport: view.sourcePort,
    dport: view.destinationPort,
    seq: view.sequence >>> 0,
    ack: view.acknowledgment >>> 0,
    hlen: view.headerLength,
    flags: view.flags,
    win: view.window,
    csum: view.checksum,
    urg: view.urgentPointer,
    ...(whole ? { payload: view.payloadEnd - view.payloadStart } : {}),
  });
  compared += tcpOptions(one, layer, view);
  const status = layer.csum_status;
  if (whole && (status === "good" || status === "bad")) {
    assertEquals(
      view.verify4(header.source, header.destination),
      status === "good",
      `${one.name} checksum`,
    );
    compared++;
  }
  return compared;
}

function icmpLayer(
  one: Case,
  layer: Layer,
  outer: Layer | undefined,
  quoted: boolean,
): number {
  const header = over(one, outer);
  const end = header?.payloadEnd ?? one.view.byteLength;
  const view = new icmpv4.View(one.view, layer.off, end);
  const reason = view.check();
  if (reason !== undefined) {
    rejected(one, layer, reason, quoted);
    return 0;
  }
  let compared = compare(one.name, layer, {
    type: view.type,
    code: view.code,
    csum: view.checksum,
    id: view.identifier,
    seq: view.sequenceNumber,
    mtu: view.nextHopMtu,
    gateway: ipv4.format(view.gateway),
  });
  const quote = (layer.quote as Layer[] | undefined)?.[0];
  if (quote?.l === "ip" && view.checkQuote() === undefined) {
    assertEquals(view.payloadStart, quote.off, one.name);
    compared += compare(one.name, quote, {
      proto: view.quotedProtocol,
      src: ipv4.format(view.quotedSource),
      dst: ipv4.format(view.quotedDestination),
    });
  }
  const status = layer.csum_status;
  if (header !== undefined && (status === "good" || status === "bad")) {
    assertEquals(view.verify(), status === "good", `${one.name} checksum`);
    compared++;
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
  let outer: Layer | undefined;
  for (const layer of layers) {
    let compared = 0;
    if (layer.l === "eth") compared = eth(one, layer);
    else if (layer.l === "arp") compared = arpLayer(one, layer);
    else if (layer.l === "ip") compared = ip(one, layer, quoted);
    else if (layer.l === "udp") compared = udpLayer(one, layer, outer, quoted);
    else if (layer.l === "tcp") compared = tcpLayer(one, layer, outer, quoted);
    else if (layer.l === "icmp") {
      compared = icmpLayer(one, layer, outer, quoted);
    }
    if (layer.l === "ip" || layer.l === "ipv6") outer = layer;
    if (Array.isArray(layer.quote)) walk(one, layer.quote, counts, true);
    if (compared > 0) {
      counts.set(layer.l, (counts.get(layer.l) ?? 0) + 1);
    }
  }
}

conformanceTest(
  "eth, arp, ip, icmp, udp and tcp agree with the oracle on every frame",
  () => {
    const counts = new Map<string, number>();
    for (const capture of captures()) {
      for (const one of cases(capture)) walk(one, one.frame.layers, counts);
    }
    // Most layers are compared and not refused.
    for (
      const [name, least] of [
        ["eth", 4430],
        ["arp", 60],
        ["ip", 3951],
        ["udp", 914],
        ["tcp", 2780],
        ["icmp", 68],
      ] as const
    ) {
      const count = counts.get(name) ?? 0;
      assert(count >= least, `${name}: ${count} layers compared`);
    }
  },
);

/** What a host does first with a frame, on any octets. */
function receive(view: DataView, start: number): void {
  const end = view.byteLength;
  const network = new ipv4.Packet();
  if (network.parse(view, start, end) !== undefined) return;
  network.view.verify();
  const { payloadStart, payloadEnd } = network;
  new udp.Packet().parse(view, payloadStart, payloadEnd);
  new tcp.Packet().parse(view, payloadStart, payloadEnd);
  const message = new icmpv4.Packet();
  if (message.parse(view, payloadStart, payloadEnd) !== undefined) return;
  readAll(message.repr);
  if (message.view.checkQuote() === undefined) readAll(message.view);
}

conformanceTest("A16 no parser throws at any offset of any frame", () => {
  for (const capture of captures()) {
    for (const one of cases(capture).slice(0, 40)) {
      for (let at = 0; at <= Math.min(one.view.byteLength, 80); at++) {
        receive(one.view, at);
        new ethernet.Frame().parse(one.view, at, one.view.byteLength);
        new arp.Packet().parse(one.view, at, one.view.byteLength);
      }
    }
  }
});
