// ICMP, ICMPv6 and IGMP in every frame of the conformance captures, and in what
// errors quote, key by key, against tshark.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { combine } from "./checksum.ts";
import * as ethernet from "./ethernet.ts";
import * as icmpExtension from "./icmp_extension.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as icmpv6 from "./icmpv6.ts";
import * as igmp from "./igmp.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import * as mld from "./mld.ts";
import * as ndp from "./ndp.ts";
import type { Reason } from "./reason.ts";
import {
  captures,
  type Case,
  cases,
  conformanceTest,
  damaged,
  type Layer,
} from "./_oracle_test_util.ts";
import { exactly, octetsOf } from "./_property_test_util.ts";

/** What stands in front of a message: where it ends, and what is summed. */
interface Outer {
  /** Offset behind the message. */
  end: number;
  /** Partial sum of the IPv6 addresses. */
  addresses: number;
  /** Whether octets of the message may be missing: a quote or a fragment. */
  partial: boolean;
}

/** Compares the keys that the oracle has, and says how many. */
function compare(
  name: string,
  theirs: Record<string, unknown>,
  mine: Record<string, unknown>,
): number {
  let compared = 0;
  for (const [key, value] of Object.entries(mine)) {
    if (!(key in theirs)) continue;
    assertEquals(value, theirs[key], `${name}: ${key}`);
    compared++;
  }
  return compared;
}

/** A rejection stands if the oracle, too, finds the frame damaged. */
function rejected(one: Case, layer: Layer, outer: Outer, why: Reason): number {
  assert(
    outer.partial || damaged(one.frame) || layer.csum_status === "bad",
    `${one.name} ${layer.l} at ${layer.off}: refused as ${why} for no reason`,
  );
  return 0;
}

function status(layer: Layer, right: () => boolean): number {
  const { csum_status: said } = layer;
  if (said !== "good" && said !== "bad") return 0;
  assertEquals(right(), said === "good", `${layer.l} at ${layer.off} checksum`);
  return 1;
}

/** Where the walk over an extension structure, if there is one, ends. */
function walkExtension(view: DataView, start: number, end: number): void {
  if (start < 0) return;
  const extension = new icmpExtension.View(view, start, end);
  if (extension.check() !== undefined) return;
  const objects = new icmpExtension.Objects();
  objects.wrap(view, extension.objectsStart, extension.objectsEnd);
  while (objects.next()) assert(objects.end <= end);
}

function icmpLayer(one: Case, layer: Layer, outer: Outer): number {
  const view = new icmpv4.View(one.view, layer.off, outer.end);
  const reason = view.check();
  if (reason !== undefined) return rejected(one, layer, outer, reason);
  const quote = (layer.quote as Layer[] | undefined)?.[0];
  if (quote !== undefined) {
    assertEquals(quote.off, view.payloadStart, `${one.name} quote`);
    if (view.checkQuote() === undefined) {
      assertEquals(view.quotedTransport, quote.off + (quote.hlen as number));
    }
    assert(view.quoteEnd <= outer.end);
  }
  walkExtension(one.view, view.extensionStart, view.end);
  return compare(`${one.name} icmp`, layer, {
    type: view.type,
    code: view.code,
    csum: view.checksum,
    id: view.identifier,
    seq: view.sequenceNumber,
    mtu: view.nextHopMtu,
    gateway: ipv4.format(view.gateway),
  }) + status(layer, () => view.verify());
}

/** Text of the address at an offset. */
function text(view: DataView, at: number): string {
  return `${ipv6.Address.read(view, at)}`;
}

/** The options of a message, with the keys that the oracle has for each. */
function options(message: ndp.View): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const options = new ndp.Options().over(message);
  const { OptionType } = ndp;
  const words = new Int32Array(4);
  while (options.next()) {
    const { type } = options;
    const one: Record<string, unknown> = {
      type,
      len: (options.end - options.start) / ndp.OPTION_UNIT,
    };
    found.push(one);
    if (options.check() !== undefined) continue;
    switch (type) {
      case OptionType.SOURCE_LINK_LAYER_ADDRESS:
      case OptionType.TARGET_LINK_LAYER_ADDRESS:
        one.lladdr = ethernet.format(options.high, options.low);
        break;
      case OptionType.PREFIX_INFORMATION:
        one.on_link = +options.onLink;
        one.autonomous = +options.autonomous;
        one.valid = options.validLifetime;
        one.preferred = options.preferredLifetime;
        // falls through
      case OptionType.ROUTE_INFORMATION:
        options.copyPrefix(words);
        one.prefix = `${ipv6.Address.from(words)}`;
        one.prefix_len = options.prefixLength;
        break;
      case OptionType.MTU:
        one.mtu = options.mtu;
        break;
    }
    options.uri();
    const names = new ndp.Names().over(options);
    while (type === OptionType.DNSSL && names.next()) names.text();
    new ndp.Option().parse(options);
  }
  return found;
}

function ndpKeys(one: Case, layer: Layer, outer: Outer): number {
  const view = new ndp.View(one.view, layer.off, outer.end);
  const reason = view.check();
  if (reason === "unsupported") return 0;
  if (reason !== undefined) return rejected(one, layer, outer, reason);
  const name = `${one.name} ndp`;
  let compared = 0;
  const theirs = (layer.nd_opts ?? []) as Record<string, unknown>[];
  const mine = options(view);
  for (const [i, option] of theirs.entries()) {
    // The oracle lists an option of length 0 or beyond the end, and what follows.
    if (mine[i] === undefined) {
      rejected(one, layer, outer, "option");
      break;
    }
    compared += compare(`${name} option ${i}`, option, mine[i]);
  }
  assert(mine.length <= theirs.length, `${name}: ${mine.length} options`);
  switch (view.type) {
    case ndp.ROUTER_ADVERTISEMENT:
      compared += compare(name, layer, {
        ra_hlim: view.hopLimit,
        ra_managed: +view.managed,
        ra_other: +view.other,
        ra_lifetime: view.lifetime,
        ra_reachable: view.reachableTime,
        ra_retrans: view.retransTimer,
      });
      break;
    case ndp.NEIGHBOR_ADVERTISEMENT:
      compared += compare(name, layer, {
        na_router: +view.router,
        na_solicited: +view.solicited,
        na_override: +view.override,
        target: text(one.view, view.targetStart),
      });
      break;
    case ndp.NEIGHBOR_SOLICITATION:
      compared += compare(name, layer, {
        target: text(one.view, view.targetStart),
      });
      break;
    case ndp.REDIRECT:
      compared += compare(name, layer, {
        target: text(one.view, view.targetStart),
        dest: text(one.view, view.destinationStart),
      });
      break;
  }
  return compared;
}

function mldKeys(one: Case, layer: Layer, outer: Outer): number {
  const view = new mld.View(one.view, layer.off, outer.end);
  const reason = view.check();
  if (reason === "unsupported") return 0;
  if (reason !== undefined) return rejected(one, layer, outer, reason);
  const name = `${one.name} mld`;
  if (view.type !== mld.MULTICAST_LISTENER_REPORT_V2) {
    return compare(name, layer, {
      mld_max_resp: view.maximumResponseDelay,
      mld_addr: text(one.view, view.addressStart),
    });
  }
  const mine: Record<string, unknown>[] = [];
  const records = new mld.Records().over(view);
  while (records.next()) {
    mine.push({
      type: records.type,
      nsrc: records.sourceCount,
      addr: text(one.view, records.addressStart),
    });
  }
  if (records.reason !== undefined) rejected(one, layer, outer, records.reason);
  return compare(name, layer, {
    mld_records: view.recordCount,
    ...(records.reason === undefined ? { mld_groups: mine } : {}),
  });
}

function icmpv6Layer(one: Case, layer: Layer, outer: Outer): number {
  const view = new icmpv6.View(one.view, layer.off, outer.end);
  const reason = view.check();
  if (reason !== undefined) return rejected(one, layer, outer, reason);
  const quote = (layer.quote as Layer[] | undefined)?.[0];
  if (quote !== undefined) {
    assertEquals(quote.off, view.payloadStart, `${one.name} quote`);
    if (view.checkQuote() === undefined) {
      const words = new Int32Array(4);
      view.copyQuotedSource(words);
      assertEquals(`${ipv6.Address.from(words)}`, quote.src, one.name);
      view.copyQuotedDestination(words);
      assertEquals(`${ipv6.Address.from(words)}`, quote.dst, one.name);
      assertEquals(view.quotedNextHeader, quote.nxt, one.name);
    }
  }
  walkExtension(one.view, view.extensionStart, view.end);
  const echo = view.type === icmpv6.ECHO_REQUEST ||
    view.type === icmpv6.ECHO_REPLY;
  const extended = view.type === icmpv6.EXTENDED_ECHO_REQUEST ||
    view.type === icmpv6.EXTENDED_ECHO_REPLY;
  const compared = compare(`${one.name} icmpv6`, layer, {
    type: view.type,
    code: view.code,
    csum: view.checksum,
    ...(echo ? { seq: view.sequenceNumber } : {}),
    ...(echo || extended ? { id: view.identifier } : {}),
    ...(view.type === icmpv6.PACKET_TOO_BIG ? { mtu: view.mtu } : {}),
    ...(view.type === icmpv6.PARAMETER_PROBLEM
      ? { pointer: view.pointer }
      : {}),
  });
  return compared + ndpKeys(one, layer, outer) + mldKeys(one, layer, outer) +
    status(layer, () => view.verify(outer.addresses));
}

function igmpLayer(one: Case, layer: Layer, outer: Outer): number {
  const view = new igmp.View(one.view, layer.off, outer.end);
  const reason = view.check();
  if (reason !== undefined) return rejected(one, layer, outer, reason);
  const report = view.type === igmp.V3_REPORT;
  const records = new igmp.Records();
  if (report) assert(records.over(view).next() || view.recordCount === 0);
  return compare(`${one.name} igmp`, layer, {
    ver: view.version,
    type: view.type,
    max_resp: view.maximumResponseTime,
    csum: view.checksum,
    maddr: ipv4.format(report ? records.group : view.group),
    ...(report ? { nrec: view.recordCount, nsrc: records.sourceCount } : {}),
    ...(view.type === igmp.MEMBERSHIP_QUERY && view.version === 3
      ? { nsrc: view.sourceCount }
      : {}),
  }) + status(layer, () => view.verify());
}

/** What an IP header says of where its payload ends. */
function within(one: Case, layer: Layer, quoted: boolean, end: number): Outer {
  if (layer.l === "ip") {
    const header = new ipv4.View(one.view, layer.off, end);
    if (header.checkHeader() === undefined) end = header.payloadEnd;
    const partial = quoted || header.checkHeader() !== undefined ||
      header.isFragment;
    return { end, addresses: 0, partial };
  }
  const header = new ipv6.View(one.view, layer.off, end);
  if (header.checkHeader() !== undefined) {
    return { end, addresses: 0, partial: true };
  }
  const { addressSum } = header;
  return { end: header.payloadEnd, addresses: addressSum, partial: quoted };
}

/** Takes the final destination from a routing header (RFC 8200 section 8.1). */
function route(one: Case, header: Layer, layer: Layer, outer: Outer): void {
  const addresses = (layer.addrs ?? []) as string[];
  if (layer.type !== 0 || layer.segleft === 0 || addresses.length === 0) return;
  const source = ipv6.Address.read(one.view, header.off + ipv6.SOURCE_OFFSET);
  const last = ipv6.Address.parse(addresses.at(-1)!);
  outer.addresses = combine(source.sum, last.sum);
}

/** Compares a list of layers and those they quote; counts by layer. */
function walk(
  one: Case,
  layers: Layer[],
  counts: Map<string, number>,
  quoted = false,
  end = one.view.byteLength,
): void {
  let outer: Outer = { end, addresses: 0, partial: true };
  let header: Layer | undefined;
  for (const layer of layers) {
    let compared = 0;
    if (layer.l === "ip" || layer.l === "ipv6") {
      outer = within(one, layer, quoted, outer.end);
      header = layer;
    } else if (layer.l === "ipv6.routing") route(one, header!, layer, outer);
    else if (layer.l === "ipv6.fraghdr") outer.partial = true;
    else if (layer.l === "icmp") compared = icmpLayer(one, layer, outer);
    else if (layer.l === "icmpv6") compared = icmpv6Layer(one, layer, outer);
    else if (layer.l === "igmp") compared = igmpLayer(one, layer, outer);
    if (Array.isArray(layer.quote)) {
      walk(one, layer.quote, counts, true, outer.end);
    }
    if (compared === 0) continue;
    counts.set(layer.l, (counts.get(layer.l) ?? 0) + 1);
    const keys = `${layer.l} keys`;
    counts.set(keys, (counts.get(keys) ?? 0) + compared);
  }
}

conformanceTest(
  "icmp, icmpv6 and igmp agree with the oracle on every frame",
  () => {
    const counts = new Map<string, number>();
    for (const capture of captures()) {
      for (const one of cases(capture)) walk(one, one.frame.layers, counts);
    }
    // Most layers are compared and not refused.
    for (
      const [name, least] of [
        ["icmp", 68],
        ["icmp keys", 339],
        ["icmpv6", 265],
        ["icmpv6 keys", 1959],
        ["igmp", 81],
        ["igmp keys", 455],
      ] as const
    ) {
      const count = counts.get(name) ?? 0;
      assert(count >= least, `${name}: ${count} compared`);
    }
  },
);

/** All that reads messages, on any octets. */
function receive(view: DataView, start: number): void {
  const end = view.byteLength;
  const control = new icmpv4.Packet();
  if (control.parse(view, start, end) === undefined) {
    walkExtension(view, control.view.extensionStart, end);
    const routers = new icmpv4.Routers().over(control.view);
    while (routers.next()) assert(Number.isInteger(routers.address));
  }
  const control6 = new icmpv6.Packet();
  if (control6.parse(view, start, end) === undefined) {
    walkExtension(view, control6.view.extensionStart, end);
    control6.view.checkQuote();
    control6.view.verify(0);
  }
  const discovery = new ndp.Packet();
  if (discovery.parse(view, start, end) === undefined) options(discovery.view);
  const listener = new mld.Packet();
  if (listener.parse(view, start, end) === undefined) {
    const records = new mld.Records().over(listener.view);
    while (records.next()) records.copyAddress(new Int32Array(4));
  }
  const group = new igmp.Packet();
  if (group.parse(view, start, end) === undefined) {
    const records = new igmp.Records().over(group.view);
    while (records.next()) assert(records.end <= end);
  }
}

conformanceTest(
  "A16 no parser of ICMP or IGMP throws at any offset of any frame",
  () => {
    for (const capture of captures()) {
      for (const one of cases(capture).slice(0, 40)) {
        for (let at = 0; at <= Math.min(one.view.byteLength, 80); at++) {
          receive(one.view, at);
        }
      }
    }
  },
);

/** Every message of the captures, each in octets of its own. */
function messages(): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const capture of captures()) {
    for (const { view, frame } of cases(capture)) {
      for (const { l, off, size } of frame.layers) {
        if (l !== "icmp" && l !== "icmpv6" && l !== "igmp") continue;
        found.push(octetsOf(view).slice(off, off + size));
      }
    }
  }
  return found;
}

conformanceTest(
  "A11 no parser of ICMP or IGMP throws on messages with octets changed or cut",
  () => {
    const all = messages();
    assert(all.length > 400, `${all.length} messages`);
    const change = fc.tuple(
      fc.nat(200),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff)),
    );
    fc.assert(
      fc.property(
        fc.nat(all.length - 1),
        fc.array(change, { maxLength: 6 }),
        fc.nat(300),
        (index, changes, length) => {
          const octets = all[index]!.slice(0, length);
          for (const [at, octet] of changes) {
            if (octets.length > 0) octets[at % octets.length] = octet;
          }
          receive(exactly(octets), 0);
        },
      ),
      { numRuns: 5000 },
    );
  },
);
