// Every DHCP message of the conformance captures, key by key, against tshark.

import { assert, assertEquals } from "@std/assert";
import * as dhcpv4 from "./dhcpv4.ts";
import * as ethernet from "./ethernet.ts";
import { format } from "./ipv4.ts";
import {
  captures,
  cases,
  conformanceTest,
  damaged,
  type Layer,
} from "./_oracle_test_util.ts";
import { readAll } from "./_property_test_util.ts";

interface Option {
  code: number;
  len?: number;
}

/**
 * Codes and lengths as tshark lists them: what an overload adds stands right
 * behind option 52, and each end has the code 0.
 */
function listed(view: dhcpv4.View): Option[] {
  const options = new dhcpv4.Options().over(view);
  const all: Option[][] = [[], [], []];
  let overload = -1;
  while (options.next()) {
    all[options.area]!.push({ code: options.code, len: options.length });
    if (options.code === 52 && overload < 0) overload = all[0]!.length;
  }
  assert(options.reason === undefined && options.ended);
  for (const field of [1, 2]) {
    if (all[field]!.length > 0) all[field]!.push({ code: 0 });
  }
  all[0]!.splice(overload < 0 ? 0 : overload, 0, ...all[1]!, ...all[2]!);
  return [...all[0]!, { code: 0 }];
}

function texts(list: dhcpv4.Addresses): string[] {
  return [...list.values.subarray(0, list.count)].map(format);
}

/** What a message says under the oracle's keys. */
function keys(view: dhcpv4.View, repr: dhcpv4.Repr): Record<string, unknown> {
  const plain = readAll(view);
  return {
    op: plain.operation,
    htype: plain.hardwareType,
    hlen: plain.hardwareLength,
    hops: plain.hops,
    xid: view.transactionId >>> 0,
    secs: plain.seconds,
    flags: plain.flags,
    ciaddr: format(view.clientAddress),
    yiaddr: format(view.yourAddress),
    siaddr: format(view.serverAddress),
    giaddr: format(view.relayAddress),
    chaddr: ethernet.format(view.hardwareHigh, view.hardwareLow),
    size: view.end - view.start,
    msg_type: repr.messageType,
    requested: format(repr.requestedAddress),
    server_id: format(repr.serverIdentifier),
    lease: repr.leaseTime,
    mask: format(repr.subnetMask),
    router: texts(repr.routers),
    dns: texts(repr.domainNameServers),
  };
}

/** What the oracle leaves out where the option is absent. */
const ABSENT: Record<string, unknown> = {
  "msg_type": 0,
  requested: "0.0.0.0",
  "server_id": "0.0.0.0",
  lease: -1,
  mask: "0.0.0.0",
  router: [],
  dns: [],
};

function messages(): [string, boolean, Layer, DataView][] {
  const all: [string, boolean, Layer, DataView][] = [];
  for (const capture of captures()) {
    for (const { name, view, frame } of cases(capture)) {
      for (const layer of frame.layers) {
        if (layer.l !== "dhcp") continue;
        all.push([name, damaged(frame), layer, view]);
      }
    }
  }
  return all;
}

conformanceTest("dhcp agrees with the oracle on every message", () => {
  const packet = new dhcpv4.Packet();
  let compared = 0;
  let whole = 0;
  for (const [name, bad, layer, view] of messages()) {
    const reason = packet.parse(view, layer.off, layer.off + layer.size);
    assert(reason === undefined || bad, `${name}: refused as ${reason}`);
    if (packet.view.check() !== undefined) continue;
    for (const [key, value] of Object.entries(keys(packet.view, packet.repr))) {
      if (key in layer) assertEquals(value, layer[key], `${name}: ${key}`);
      else if (!bad) assertEquals(value, ABSENT[key], `${name}: ${key}`);
      compared++;
    }
    if (bad) continue;
    assertEquals(listed(packet.view), layer.options, `${name}: options`);
    whole++;
    // Written canonically it says the same.
    const copy = new DataView(new ArrayBuffer(packet.repr.bufferLength));
    packet.repr.emit(copy, 0);
    const again = new dhcpv4.Packet();
    assertEquals(again.parse(copy, 0, copy.byteLength), undefined, name);
    assertEquals(keys(again.view, again.repr), {
      ...keys(packet.view, packet.repr),
      size: copy.byteLength,
    }, name);
  }
  assert(whole >= 30 && compared >= 600, `${whole} messages, ${compared} keys`);
});

conformanceTest(
  "A13 no octet of a captured message, changed, makes dhcpv4 throw or hang",
  () => {
    const packet = new dhcpv4.Packet();
    let state = 1;
    for (const [, , layer, view] of messages()) {
      const octets = new Uint8Array(view.buffer).slice(
        layer.off,
        layer.off + layer.size,
      );
      for (let at = 0; at < octets.length; at++) {
        const copy = octets.slice();
        state = Math.imul(state, 1103515245) + 12345 | 0;
        copy[at] = state >>> 16;
        packet.parse(new DataView(copy.buffer), 0, copy.length);
        packet.parse(new DataView(copy.buffer.slice(0, at)), 0, at);
      }
    }
  },
);
