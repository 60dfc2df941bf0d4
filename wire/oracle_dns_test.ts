// Every DNS, mDNS and LLMNR message of the conformance captures, against tshark.

import { assert, assertEquals } from "@std/assert";
import * as dns from "./dns.ts";
import * as ipv4 from "./ipv4.ts";
import {
  captures,
  type Case,
  cases,
  conformanceTest,
  damaged,
  hex,
  type Layer,
} from "./_oracle_test_util.ts";
import { octetsOf, readAll } from "./_property_test_util.ts";
import { read, write } from "./_dns_test_util.ts";

/** Text of a name in the manner of tshark: no dot behind the last label. */
function plain(name: dns.Name): string {
  const text = `${name}`;
  return text === "." ? "<Root>" : text.slice(0, -1);
}

/** Text of an IPv6 address (RFC 5952), which the platform knows. */
function ipv6(address: dns.Aaaa): string {
  const { w0, w1, w2, w3 } = address;
  const groups = [w0, w1, w2, w3].flatMap((w) => [w >>> 16, w & 0xffff]);
  const text = groups.map((group) => group.toString(16)).join(":");
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

/** What this project reads of a message, in the keys of the oracle. */
function mine(
  message: dns.View,
): [Record<string, unknown>, string | undefined] {
  const questions = new dns.Questions().over(message);
  const asked: unknown[] = [];
  while (questions.next()) {
    asked.push([plain(questions.name), questions.type, questions.class]);
  }
  const addresses: string[] = [];
  const addresses6: string[] = [];
  const names: string[] = [];
  const records = new dns.Records().over(message);
  const [a, aaaa, target] = [new dns.A(), new dns.Aaaa(), new dns.Target()];
  while (records.next()) {
    readAll(records);
    const { type } = records;
    if (type === dns.Type.A && a.over(records).check() === undefined) {
      addresses.push(ipv4.format(a.address));
    }
    if (type === dns.Type.AAAA && aaaa.over(records).check() === undefined) {
      addresses6.push(ipv6(aaaa));
    }
    if (type === dns.Type.CNAME && target.over(records).check() === undefined) {
      names.push(plain(target.target));
    }
  }
  return [{
    id: message.id,
    flags: message.flags,
    qr: +message.isResponse,
    opcode: message.opcode,
    rcode: message.rcode,
    tc: +message.truncated,
    qd: message.questionCount,
    an: message.answerCount,
    ns: message.authorityCount,
    ar: message.additionalCount,
    questions: asked,
    a: addresses,
    aaaa: addresses6,
    cname: names,
  }, records.reason];
}

/** The message of a layer: over TCP its length stands in front. */
function messageOf(one: Case, layer: Layer, outer: Layer): dns.View {
  const { view } = one;
  const end = Math.min(layer.off + layer.size, view.byteLength);
  return new dns.View(view, layer.off + (outer.l === "tcp" ? 2 : 0), end);
}

function messages(): [Case, Layer, dns.View][] {
  const all: [Case, Layer, dns.View][] = [];
  for (const capture of captures()) {
    for (const one of cases(capture)) {
      const { layers } = one.frame;
      for (const [i, layer] of layers.entries()) {
        if (["dns", "mdns", "llmnr"].includes(layer.l)) {
          all.push([one, layer, messageOf(one, layer, layers[i - 1]!)]);
        }
      }
    }
  }
  return all;
}

/** Whether the oracle, or a rule, says why a message is not read whole. */
function excused({ frame }: Case, layer: Layer): boolean {
  // A first fragment holds the beginning of a message. RFC 1035 section 2.3.4:
  // for a name above 255 octets the oracle has no text either.
  return damaged(frame) ||
    frame.layers.some((l) => l.l === "ip" && l.mf === 1) ||
    JSON.stringify(layer.questions ?? []).includes("<Name too long>");
}

conformanceTest(
  "A14 dns, mdns and llmnr agree with the oracle on every frame",
  () => {
    const counts = new Map<string, number>();
    for (const [one, layer, message] of messages()) {
      assertEquals(message.check(), undefined, one.name);
      const [fields, reason] = mine(message);
      if (reason !== undefined) {
        assert(excused(one, layer), `${one.name} refused as ${reason}`);
      }
      for (const [key, value] of Object.entries(fields)) {
        // Of what was refused the header alone can be compared.
        if (!(key in layer)) continue;
        if (reason !== undefined && Array.isArray(value)) continue;
        assertEquals(value, layer[key], `${one.name} ${layer.l}: ${key}`);
        counts.set(layer.l, (counts.get(layer.l) ?? 0) + 1);
      }
    }
    // Fields, by protocol.
    for (
      const [name, least] of [["dns", 2245], ["mdns", 128], [
        "llmnr",
        160,
      ]] as const
    ) {
      const count = counts.get(name) ?? 0;
      assert(count >= least, `${name}: ${count} fields compared`);
    }
  },
);

conformanceTest(
  "Writer says the same as every message of the captures",
  () => {
    let same = 0;
    let written = 0;
    const writer = new dns.Writer(256);
    for (const [one, layer, { view, start, end }] of messages()) {
      const message = read(view, start, end);
      if (typeof message === "string") {
        assert(excused(one, layer), `${one.name} refused as ${message}`);
        continue;
      }
      const copy = new DataView(new ArrayBuffer(65535));
      assertEquals(write(writer, message, copy, 0, 65535), "written");
      copy.setUint16(0, view.getUint16(start));
      assertEquals(read(copy, 0, writer.length), message, one.name);
      const [ours, theirs] = [
        hex(octetsOf(copy).subarray(0, writer.length)),
        hex(octetsOf(view).subarray(start, end)),
      ];
      written++;
      if (ours === theirs) same++;
    }
    // The others were compressed less, or in other places.
    assert(same >= 200 && written >= 218, `${same} of ${written} the same`);
  },
);
