// Every frame of the conformance captures below IP, key by key, against tshark.

import { assert, assertEquals } from "@std/assert";
import * as arp from "./arp.ts";
import * as ethernet from "./ethernet.ts";
import * as ipv4 from "./ipv4.ts";
import * as linktype from "./linktype.ts";
import * as llc from "./llc.ts";
import * as mpls from "./mpls.ts";
import * as vlan from "./vlan.ts";
import {
  captures,
  type Case,
  cases,
  conformanceTest,
  damaged,
  type Layer,
} from "./_oracle_test_util.ts";
import { readAll } from "./_property_test_util.ts";

/** What was found in a frame: layers, and where what they carry ends. */
interface Found {
  layers: Record<string, unknown>[];
  /** EtherType of what follows the link layers; nothing without one. */
  etherType?: number;
  /** Where that begins. */
  start: number;
  /** Why no more was read. */
  reason?: string;
}

/** Walks the link layers as a dissector does, without help of the oracle. */
function walk({ view }: Case): Found {
  const layers: Record<string, unknown>[] = [];
  const frame = new ethernet.View(view);
  const reason = frame.check();
  if (reason === "truncated") return { layers, start: 0, reason };
  readAll(frame);
  layers.push({
    l: "eth",
    off: 0,
    size: 14,
    dst: `${frame.destination}`,
    src: `${frame.source}`,
    ...(frame.hasLength ? { len: frame.etherType } : { type: frame.etherType }),
  });
  let start = frame.payloadStart;
  let end = view.byteLength;
  let etherType = frame.etherType;
  if (vlan.isTag(etherType)) {
    const tags = new vlan.Stack().wrap(view, start, end, etherType);
    while (tags.next()) {
      const { tag } = tags;
      readAll(tag);
      layers.push({
        l: tags.protocol === vlan.PROVIDER ? "ieee8021ad" : "vlan",
        off: tag.start,
        size: 4,
        pcp: tag.priority,
        dei: +tag.dropEligible,
        vid: tag.identifier,
        ...(tag.hasLength ? { len: tag.etherType } : { type: tag.etherType }),
      });
      end = tag.payloadEnd;
    }
    if (tags.reason !== undefined) {
      return { layers, start, reason: tags.reason };
    }
    start = tags.payloadStart;
    etherType = tags.etherType;
  } else if (frame.hasLength) {
    end = Math.min(end, frame.payloadEnd);
  }
  if (etherType <= ethernet.MAX_LENGTH_FIELD) {
    const header = new llc.View(view, start, end);
    const cut = header.check();
    if (cut !== undefined) return { layers, start, reason: cut };
    layers.push({
      l: "llc",
      off: start,
      size: header.headerLength,
      dsap: header.destinationSap,
      ssap: header.sourceSap,
      control: header.control,
      ...(header.hasSnap ? { oui: header.oui } : {}),
      ...(header.isEncapsulated ? { type: header.etherType } : {}),
    });
    start = header.payloadStart;
    if (!header.isEncapsulated) return { layers, start };
    etherType = header.etherType;
  }
  if (etherType === ethernet.EtherType.MPLS) {
    const stack = new mpls.Stack().wrap(view, start, end);
    while (stack.next()) {
      layers.push({ l: "mpls", off: stack.payloadStart - 4, size: 4 });
    }
    return { layers, start: stack.payloadStart };
  }
  const { ARP, RARP } = ethernet.EtherType;
  if (etherType === ARP || etherType === RARP) {
    const packet = new arp.View(view, start, end);
    const cut = packet.checkLayout();
    if (cut !== undefined) return { layers, start, reason: cut };
    layers.push({
      l: "arp",
      off: start,
      size: packet.length,
      htype: packet.hardwareType,
      ptype: packet.protocolType,
      hlen: packet.hardwareLength,
      plen: packet.protocolLength,
      op: packet.operation,
      ...addresses(packet),
    });
  }
  return { layers, etherType, start };
}

/** Addresses of an ARP packet, each kind if it is known and has its length. */
function addresses(packet: arp.View): Record<string, string> {
  const { view } = packet;
  const hardware = (at: number) =>
    ethernet.format(view.getUint16(at), view.getInt32(at + 2));
  const known: Record<string, string> = {};
  if (packet.hardwareType === 1 && packet.hardwareLength === 6) {
    known.sha = hardware(packet.senderHardwareStart);
    known.tha = hardware(packet.targetHardwareStart);
  }
  if (packet.protocolType === 0x0800 && packet.protocolLength === 4) {
    known.spa = ipv4.format(view.getInt32(packet.senderProtocolStart));
    known.tpa = ipv4.format(view.getInt32(packet.targetProtocolStart));
  }
  if (packet.check() === undefined) {
    assertEquals(known, {
      sha: ethernet.format(packet.senderHigh, packet.senderLow),
      spa: ipv4.format(packet.senderProtocol),
      tha: ethernet.format(packet.targetHigh, packet.targetLow),
      tpa: ipv4.format(packet.targetProtocol),
    });
  }
  return known;
}

const NAMES = new Set(["eth", "vlan", "ieee8021ad", "llc", "arp", "mpls"]);

/** What of the oracle's layer is compared: all but what lies behind a payload. */
function known(layer: Layer): Record<string, unknown> {
  const { padding: _, trailer: __, ...rest } = layer;
  return rest;
}

/** The link layers in front of anything else. */
function leading(layers: Layer[]): Layer[] {
  const other = layers.findIndex(({ l }) => !NAMES.has(l));
  return other < 0 ? layers : layers.slice(0, other);
}

conformanceTest(
  "Link layers say of every frame what the oracle says, each layer and each key",
  () => {
    const counts: Record<string, number> = {};
    for (const capture of captures()) {
      for (const one of cases(capture)) {
        if (linktype.headerOf(one.linkType & 0xffff) !== "ethernet") continue;
        const { name, frame } = one;
        const oracle = leading(frame.layers);
        const { layers, reason } = walk(one);
        if (reason !== undefined) {
          assert(
            damaged(frame),
            `${name}: refused as ${reason} for no reason`,
          );
        }
        layers.forEach((mine, i) => {
          const theirs = oracle[i];
          assert(theirs !== undefined, `${name}: no ${mine.l} for the oracle`);
          assertEquals(
            reason === undefined ? mine : { ...mine, ...known(theirs) },
            known(theirs),
            name,
          );
          counts[theirs.l] = (counts[theirs.l] ?? 0) + 1;
        });
        assertEquals(layers.length, oracle.length, name);
      }
    }
    assert(counts.eth! > 4000 && counts.arp! > 50, JSON.stringify(counts));
    assert(counts.vlan! > 150 && counts.llc! > 20, JSON.stringify(counts));
  },
);

/** Where what a frame carries ends, if that says so. */
function payloadEnd({ view }: Case, { start, etherType }: Found): number {
  const left = view.byteLength - start;
  const { IPV4, IPV6, ARP, EAPOL, LLDP } = ethernet.EtherType;
  switch (etherType) {
    case IPV4: {
      // What segmentation offload leaves has no length.
      const length = left < 20 ? 0 : view.getUint16(start + 2);
      return length === 0 ? -1 : start + length;
    }
    case IPV6: {
      // Nor has a jumbogram.
      const length = left < 40 ? 0 : view.getUint16(start + 4);
      return length === 0 ? -1 : start + 40 + length;
    }
    case ARP:
      return left < 8 ? -1 : start + new arp.View(view, start).length;
    case EAPOL:
      return left < 4 ? -1 : start + 4 + view.getUint16(start + 2);
    case LLDP: {
      let at = start;
      while (at + 2 <= view.byteLength) {
        const head = view.getUint16(at);
        at += 2 + (head & 0x1ff);
        // tshark ends the message three octets before the end of its last TLV,
        // and shows these octets in the message and in the trailer.
        if (head === 0) return at - 3;
      }
      return -1;
    }
    default:
      return -1;
  }
}

conformanceTest(
  "paddingEnd() tells padding from trailers as the oracle does (A2)",
  () => {
    let compared = 0;
    for (const capture of captures()) {
      for (const one of cases(capture)) {
        if (linktype.headerOf(one.linkType & 0xffff) !== "ethernet") continue;
        const { frame, name, view } = one;
        const layer = frame.layers[0]!;
        const found = walk(one);
        // tshark counts what lies behind a tagged payload to the innermost tag.
        if (found.reason !== undefined || vlan.isTag(layer.type as number)) {
          continue;
        }
        const end = layer.len === undefined
          ? payloadEnd(one, found)
          : 14 + (layer.len as number);
        if (end < 0 || end > view.byteLength) continue;
        const padded = ethernet.paddingEnd(
          view,
          0,
          end,
          view.byteLength,
          frame.len,
        );
        const theirs = [layer.padding ?? 0, layer.trailer ?? 0];
        assertEquals([padded - end, view.byteLength - padded], theirs, name);
        compared++;
      }
    }
    assert(compared > 3500, `${compared} frames`);
  },
);
