// Datagrams and streams of the conformance captures, against tshark.

import { assert, assertEquals, assertThrows } from "@std/assert";
import * as capture from "@ethox/wire/capture";
import { Dissector, Kind, LinkType } from "@ethox/wire/dissector";
import fc from "fast-check";
import { Fragments } from "./lib/fragments.ts";
import { type Connection, type Direction, Streams } from "./lib/streams.ts";

const ROOT = new URL("../../shared/conformance/", import.meta.url);

const present = (() => {
  try {
    return Deno.statSync(new URL("reassembly", ROOT)).isDirectory;
  } catch {
    return false;
  }
})();

function conformanceTest(name: string, fn: () => void | Promise<void>): void {
  const title = present ? name : `${name} (skipped: no ../shared/conformance)`;
  Deno.test({ name: title, ignore: !present, fn });
}

type DatagramRow = {
  kind: "datagram";
  family: "ip" | "ipv6";
  frame: number;
  fragments: number[];
  length: number;
  sha256: string;
  flags?: string[];
};

type StreamRow = {
  kind: "stream";
  stream: number;
  frames: number;
  a: string;
  b: string;
  aOctets: number;
  aSha256: string;
  bOctets: number;
  bSha256: string;
  segmentOctets: number;
  gap?: true;
};

type Row = DatagramRow | StreamRow;

interface Datagram {
  family: string;
  frame: number;
  fragments: number[];
  octets: Uint8Array<ArrayBuffer>;
}

interface Stream {
  ends: string[];
  frames: number;
  segmentOctets: number;
  missing: number;
  octets: Uint8Array<ArrayBuffer>[];
}

/** A row that comes from a fragment in the quote of an error. */
const QUOTED = "suricata-ipv6-evasion-ipv6-malformed-fragments-36-frag-36#10";

function joined(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

async function hash(octets: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", octets);
  return Array.from(
    new Uint8Array(digest),
    (b) => b.toString(16).padStart(2, "0"),
  ).join("");
}

/** Whatever a capture gives when it is put together. */
function reassemble(
  file: Uint8Array<ArrayBuffer>,
): { datagrams: Datagram[]; streams: Stream[] } {
  const datagrams: Datagram[] = [];
  const streams: Stream[] = [];
  const pieces = new Map<Direction, Uint8Array[]>();
  const take = (direction: Direction) => pieces.get(direction) ?? [];
  const all = new Streams({
    data(_connection, direction, bytes, from, to) {
      pieces.set(direction, [...take(direction), bytes.slice(from, to)]);
    },
    end(connection: Connection) {
      const { a, b } = connection;
      streams.push({
        ends: `${connection.key}`.split(" ").slice(0, 2),
        frames: connection.frames,
        segmentOctets: a.segmentOctets + b.segmentOctets,
        missing: a.missing + b.missing,
        octets: [joined(take(a)), joined(take(b))],
      });
    },
  });
  const fragments = new Fragments();
  const found = new Dissector();
  const whole = new Dissector();
  const reader = new capture.Reader().open(file);
  const segments = (view: DataView, walk: Dissector) => {
    for (let i = 0; i < walk.count && walk.quoted[i] === 0; i++) {
      if (walk.kind[i] === Kind.TCP) all.add(view, walk, i);
    }
  };
  for (let n = 1; reader.next(); n++) {
    const { view, start, end, linkType, wireLength } = reader;
    found.walk(view, start, end, linkType, start + wireLength);
    const index = fragments.find(view, found);
    if (index < 0) {
      segments(view, found);
      continue;
    }
    // A datagram that was cut twice comes out as a fragment again.
    let more = fragments.add(view, found, index, n, reader.seconds);
    while (more) {
      datagrams.push({
        family: fragments.six ? "ipv6" : "ip",
        frame: n,
        fragments: [...fragments.frames],
        octets: new Uint8Array(
          fragments.view.buffer.slice(
            fragments.payloadStart,
            fragments.end,
          ) as ArrayBuffer,
        ),
      });
      const { view, start, end } = fragments;
      whole.walk(view, start, end, LinkType.RAW);
      const inner = fragments.find(view, whole);
      more = inner >= 0 && fragments.add(view, whole, inner, n, reader.seconds);
      if (inner < 0) segments(view, whole);
    }
  }
  all.finish();
  return { datagrams, streams };
}

/** A row with names as this house writes them. */
function camel(row: Record<string, unknown>): Row {
  const named = Object.entries(row).map(([key, value]) => [
    key.replace("bytes", "octets")
      .replace(/_(.)/, (_, letter) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(named);
}

function rows(): [string, Row[], Uint8Array<ArrayBuffer>][] {
  return Array.from(Deno.readDirSync(new URL("reassembly", ROOT)))
    .map(({ name }) => name.slice(0, -".jsonl".length)).sort()
    .map((name) => [
      name,
      Deno.readTextFileSync(new URL(`reassembly/${name}.jsonl`, ROOT))
        .split("\n").filter((line) => line !== "")
        .map((line) => camel(JSON.parse(line))),
      Deno.readFileSync(new URL(`pcap/${name}.pcap`, ROOT)),
    ]);
}

conformanceTest(
  "Fragments.add completes the datagrams that the oracle has (RFC 791, 8200 section 4.5)",
  async () => {
    let compared = 0;
    let refused = 0;
    for (const [name, all, file] of rows()) {
      const { datagrams } = reassemble(file);
      for (const row of all) {
        if (row.kind !== "datagram") continue;
        const where = `${name}#${row.frame}`;
        const mine = datagrams.find(({ frame }) => frame === row.frame);
        if (row.flags !== undefined) {
          // RFC 5722: the datagram is dropped when fragments of it overlap.
          if (row.family === "ipv6") assertEquals(mine, undefined, where);
          refused++;
          continue;
        }
        if (where === QUOTED) {
          // RFC 4443 section 2.4 (c): an error holds a copy of the packet that
          // caused it. The oracle takes the copy for a fragment that arrived; the
          // datagram was whole two frames before, cut twice as it was.
          assertEquals(mine, undefined);
          const early = datagrams.filter(({ frame }) => frame === 8);
          assertEquals(early.map(({ octets }) => octets.length), [row.length]);
          assertEquals(await hash(early[0]!.octets), row.sha256);
          continue;
        }
        assert(mine !== undefined, `${where} is missing`);
        assertEquals(mine.family, row.family, where);
        assertEquals(
          mine.fragments.sort((a, b) => a - b),
          row.fragments.sort((a, b) => a - b),
          where,
        );
        assertEquals(mine.octets.length, row.length, where);
        assertEquals(await hash(mine.octets), row.sha256, where);
        compared++;
      }
    }
    assert(compared >= 59, `${compared} datagrams`);
    assert(refused >= 6, `${refused} refused`);
  },
);

conformanceTest(
  "Streams.add puts together what the oracle follows (RFC 9293 section 3.4)",
  async () => {
    const problems: string[] = [];
    let compared = 0;
    let gaps = 0;
    for (const [name, all, file] of rows()) {
      const { streams } = reassemble(file);
      const left = [...streams];
      // Where fragments overlap, what is in the stream is a matter of policy.
      const overlapping = all.some((row) =>
        row.kind === "datagram" && row.flags !== undefined
      );
      for (const row of all) {
        if (row.kind !== "stream") continue;
        const where = `${name} stream ${row.stream}`;
        // Which side is called a differs where a capture begins in the middle.
        const index = left.findIndex((one) =>
          one.ends.includes(row.a) && one.ends.includes(row.b) &&
          one.segmentOctets === row.segmentOctets
        );
        if (index < 0) {
          problems.push(
            `${where} is missing: ${JSON.stringify(row)} in ${
              JSON.stringify(
                left.map(({ ends, segmentOctets, frames }) => [
                  ends,
                  segmentOctets,
                  frames,
                ]),
              )
            }`,
          );
          continue;
        }
        const [mine] = left.splice(index, 1);
        const order = mine!.ends[0] === row.a ? [0, 1] : [1, 0];
        compared++;
        if (row.gap === true) {
          gaps++;
          // Here it was acknowledged before it was captured, and captured then.
          const late = where === "tcpdump-of10_s4810 stream 0";
          if ((mine!.missing === 0) !== late) problems.push(`${where}: no gap`);
          continue;
        }
        if (mine!.frames !== row.frames) {
          problems.push(`${where}: ${row.frames} frames, here ${mine!.frames}`);
        }
        for (
          const [i, bytes, sha256] of [
            [0, row.aOctets, row.aSha256],
            [1, row.bOctets, row.bSha256],
          ] as const
        ) {
          const octets = mine!.octets[order[i]!]!;
          const same = octets.length === bytes &&
            (overlapping || await hash(octets) === sha256);
          if (!same) {
            problems.push(
              `${where} ${"ab"[i]}: ${bytes} octets, here ${octets.length}`,
            );
          }
        }
      }
    }
    assertEquals(problems, []);
    assert(compared >= 83, `${compared} streams`);
    assertEquals(gaps, 4);
  },
);

/** A packet of TCP over IPv6 between two ports, and what a walk finds. */
function segment(
  from: number,
  to: number,
  sequence: number,
  acknowledgment: number,
  flags: number,
  payload: Uint8Array,
): [DataView, Dissector] {
  const view = new DataView(new ArrayBuffer(60 + payload.length));
  view.setUint32(0, 0x60000000);
  view.setUint16(4, 20 + payload.length);
  view.setUint8(6, 6);
  view.setUint16(22, from);
  view.setUint16(38, to);
  view.setUint16(40, from);
  view.setUint16(42, to);
  view.setInt32(44, sequence);
  view.setInt32(48, acknowledgment);
  view.setUint16(52, 0x5000 | flags);
  new Uint8Array(view.buffer).set(payload, 60);
  const found = new Dissector();
  found.walk(view, 0, view.byteLength, LinkType.IPV6);
  return [view, found];
}

/** What {@linkcode Streams} hands on, by side. */
class Taken {
  readonly a: number[] = [];
  readonly b: number[] = [];
  gaps = 0;
  ends = 0;
  data(
    connection: Connection,
    direction: Direction,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    const into = direction === connection.a ? this.a : this.b;
    for (let i = from; i < to; i++) into.push(bytes[i]!);
  }
  gap(_connection: Connection, _direction: Direction, octets: number): void {
    this.gaps += octets;
  }
  end(): void {
    this.ends++;
  }
}

Deno.test("Streams.add hands on all octets once, in order, however they come (RFC 9293 section 3.4)", () => {
  const piece = fc.tuple(fc.nat(399), fc.integer({ min: 1, max: 90 }));
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.integer(),
      fc.constantFrom(64, 400, 4096),
      (pieces, isn, window) => {
        const all = Uint8Array.from({ length: 400 }, (_, i) => i * 7 + 3);
        const taken = new Taken();
        const streams = new Streams(taken, { window });
        const send = (at: number, to: number) =>
          streams.add(
            ...segment(1, 2, isn + 1 + at | 0, 0, 0, all.slice(at, to)),
            1,
          );
        streams.add(...segment(1, 2, isn | 0, 0, 2, new Uint8Array()), 1);
        streams.add(
          ...segment(2, 1, 77, isn + 1 | 0, 0x12, new Uint8Array()),
          1,
        );
        for (const [at, length] of pieces) {
          send(at, Math.min(400, at + length));
        }
        // Whatever was still missing, or had no room.
        for (let at = 0; at < 400; at += 50) send(at, at + 50);
        streams.finish();
        assertEquals(taken.a, [...all]);
        assertEquals([taken.b, taken.gaps, taken.ends], [[], 0, 1]);
      },
    ),
  );
});

Deno.test("Streams.add tells of a gap once the peer has what the capture lacks", () => {
  const taken = new Taken();
  const streams = new Streams(taken);
  const text = new TextEncoder();
  streams.add(...segment(1, 2, 100, 0, 2, new Uint8Array()), 1);
  streams.add(...segment(2, 1, 500, 101, 0x12, new Uint8Array()), 1);
  streams.add(...segment(1, 2, 111, 501, 0x10, text.encode("world")), 1);
  assertEquals([taken.a.length, taken.gaps], [0, 0]);
  streams.add(...segment(2, 1, 501, 101, 0x10, new Uint8Array()), 1);
  assertEquals(taken.gaps, 0);
  streams.add(...segment(2, 1, 501, 116, 0x10, new Uint8Array()), 1);
  assertEquals(String.fromCharCode(...taken.a), "world");
  assertEquals(taken.gaps, 10);
});

Deno.test("Streams keeps as many connections as it may, and begins anew with a new SYN", () => {
  const taken = new Taken();
  const streams = new Streams(taken, { connections: 4 });
  const nothing = new Uint8Array();
  for (let port = 1; port <= 10; port++) {
    streams.add(...segment(port, 99, 0, 0, 2, nothing), 1);
  }
  assertEquals([streams.count, streams.evicted, taken.ends], [4, 6, 6]);
  streams.add(...segment(10, 99, 0, 0, 2, nothing), 1);
  assertEquals([streams.count, taken.ends], [4, 6]);
  streams.add(...segment(10, 99, 5000, 0, 2, nothing), 1);
  assertEquals([streams.count, streams.evicted, taken.ends], [4, 6, 7]);
  streams.finish();
  assertEquals([streams.count, taken.ends], [0, 11]);
  assertThrows(() => new Streams(taken, { window: 0 }), RangeError, "keep 0");
});

/** A fragment of IPv4 or IPv6, and what a walk finds. */
function fragment(
  six: boolean,
  identification: number,
  offset: number,
  more: boolean,
  payload: Uint8Array,
): [DataView, Dissector] {
  const header = six ? 48 : 20;
  const view = new DataView(new ArrayBuffer(header + payload.length));
  if (six) {
    view.setUint32(0, 0x60000000);
    view.setUint16(4, 8 + payload.length);
    view.setUint8(6, 44);
    view.setUint8(40, 253);
    view.setUint16(42, offset | +more);
    view.setUint32(44, identification);
  } else {
    view.setUint16(0, 0x4500);
    view.setUint16(2, view.byteLength);
    view.setUint16(4, identification);
    view.setUint16(6, offset / 8 | (more ? 0x2000 : 0));
    view.setUint8(9, 253);
  }
  new Uint8Array(view.buffer).set(payload, header);
  const found = new Dissector();
  found.walk(view, 0, view.byteLength, LinkType.RAW);
  return [view, found];
}

Deno.test("Fragments.add completes a datagram in any order, with the header it had", () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.uint8Array({ minLength: 9, maxLength: 300 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 36 }), { maxLength: 6 }),
      fc.infiniteStream(fc.nat(1000)),
      (six, payload, cuts, chance) => {
        const ends = cuts.map((cut) => 8 * cut)
          .filter((cut) => cut < payload.length).sort((a, b) => a - b);
        if (ends.length === 0) return;
        const pieces = [...ends, payload.length].map((end, i) => {
          const at = i === 0 ? 0 : ends[i - 1]!;
          return [at, end, chance.next().value] as const;
        }).sort((a, b) => a[2] - b[2]);
        const fragments = new Fragments({ datagrams: 1 });
        pieces.forEach(([at, end], i) => {
          const [view, found] = fragment(
            six,
            7,
            at,
            end < payload.length,
            payload.slice(at, end),
          );
          const index = fragments.find(view, found);
          assert(index >= 0);
          const whole = fragments.add(view, found, index, i + 1, 0);
          assertEquals(whole, i === pieces.length - 1);
        });
        const { view, start, payloadStart, end } = fragments;
        const bytes = new Uint8Array(view.buffer);
        assertEquals(bytes.slice(payloadStart, end), payload);
        // And it can be walked as if it had never been cut.
        const found = new Dissector();
        assertEquals(found.walk(view, start, end, LinkType.RAW), 2);
        assertEquals(fragments.find(view, found), -1);
        assertEquals(found.reasonOf(1), undefined);
        assertEquals(found.payload[1], payloadStart);
        assertEquals(fragments.frames.length, pieces.length);
      },
    ),
  );
});

Deno.test("Fragments gives up what is late, overlaps or has no room", () => {
  const fragments = new Fragments({ datagrams: 2 });
  let frame = 0;
  const add = (
    six: boolean,
    identification: number,
    at: number,
    more: boolean,
    octets: number,
    seconds = 0,
  ) => {
    const [view, found] = fragment(
      six,
      identification,
      at,
      more,
      new Uint8Array(octets),
    );
    const index = fragments.find(view, found);
    return fragments.add(view, found, index, ++frame, seconds);
  };
  add(true, 1, 0, true, 16);
  assertEquals(add(true, 1, 8, true, 16), false);
  assertEquals(fragments.drops.overlap, 1);
  // The rest of what was dropped makes nothing whole (RFC 5722 section 4).
  assertEquals(add(true, 1, 16, false, 8), false);
  add(false, 2, 0, true, 16);
  add(false, 3, 0, true, 16);
  assertEquals(fragments.drops.evicted, 1);
  add(false, 4, 0, true, 15);
  assertEquals(fragments.drops.length, 1);
  add(false, 5, 0, true, 16, 61);
  assert(fragments.drops.late >= 1);
  add(false, 5, 16, false, 8, 61);
  add(false, 6, 32, false, 8, 61);
  assertEquals(add(false, 6, 0, true, 48, 61), false);
  assertEquals(fragments.drops.conflict, 1);
  assertEquals(add(false, 7, 65528, false, 16, 61), false);
  assertThrows(() => new Fragments({ datagrams: 0 }), RangeError, "keep 0");
});
