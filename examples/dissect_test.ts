// Every field of every frame of the conformance captures, against tshark.

import { assert, assertEquals } from "@std/assert";
import * as capture from "@ethox/wire/capture";
import { Kind, nameOf } from "@ethox/wire/dissector";
import * as pcap from "@ethox/wire/pcap";
import { Writer } from "@ethox/wire/text";
import fc from "fast-check";
import { FrameJson } from "./lib/frame_json.ts";

const ROOT = new URL("../../shared/conformance/", import.meta.url);

const present = (() => {
  try {
    return Deno.statSync(new URL("oracle", ROOT)).isDirectory;
  } catch {
    return false;
  }
})();

function conformanceTest(name: string, fn: () => void): void {
  const title = present ? name : `${name} (skipped: no ../shared/conformance)`;
  Deno.test({ name: title, ignore: !present, fn });
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Members = { [key: string]: Json };

/** Layers with fields, and those whose place is sure; of others see below. */
const SURE = new Set([
  ...Object.values(Kind).filter((kind) => kind !== Kind.PAYLOAD).map(nameOf),
  "ah",
  "pim",
  "rsvp",
  "pgm",
  "mipv6",
  "lldp",
  "eapol",
  "eap",
  "slow",
  "lacp",
  "stp",
  "cdp",
]);

/**
 * Where this reading is right and the oracle's is not, and the sentence that
 * says so. The key is the path that would differ.
 */
const ORACLE_IS_WRONG: Readonly<Record<string, readonly string[]>> = {
  // RFC 1108 section 2.1: the security option is at least 3 octets long; one of
  // 2 spoils the options (RFC 1122 3.2.1.8 would have them ignored), and not the
  // datagram, whose header checksum is right and whose UDP header follows.
  "suricata-bug-7414-decoder-event-01-ip_secopt#3": ["layers", "malformed"],
  // RFC 1035 section 4.2.1: DNS has port 53. These are 6695 and 512, and what
  // they carry is SOME/IP, which the oracle takes for DNS, and then for broken.
  "tcpdump-someip1#1": ["layers", "malformed"],
  "tcpdump-someip1#2": ["layers", "malformed"],
  "tcpdump-someip1#3": ["layers", "malformed"],
};

/**
 * Frames that the oracle calls malformed or short for what a dissector above
 * UDP or TCP, or of a protocol without fields in the schema, found there.
 */
const FOUND_ABOVE: ReadonlySet<string> = new Set([
  ...["98", "114"].map((n) => `tcpdump-afs#${n} malformed`),
  "tcpdump-heapoverflow-in_checksum#1 malformed",
  ...["5", "9"].map((n) => `tcpdump-kday3#${n} malformed`),
  ...["5", "9", "13"].map((n) => `tcpdump-kday4#${n} malformed`),
  "tcpdump-rsvp-inf-loop-2#1 malformed",
  ...["85", "119", "147"].map((n) => `zeek-tcp-timestamp#${n} short`),
]);

interface Capture {
  name: string;
  file: Uint8Array<ArrayBuffer>;
  frames: Members[];
}

function captures(): Capture[] {
  return Array.from(Deno.readDirSync(new URL("pcap", ROOT)), (e) => e.name)
    .filter((name) => name.endsWith(".pcap")).sort()
    .map((name) => {
      const base = name.slice(0, -".pcap".length);
      return {
        name: base,
        file: Deno.readFileSync(new URL(`pcap/${name}`, ROOT)),
        frames: Deno.readTextFileSync(new URL(`oracle/${base}.jsonl`, ROOT))
          .split("\n").filter((line) => line !== "")
          .map((line) => JSON.parse(line)),
      };
    });
}

/** All objects of a capture as `dissect.ts --json` prints them. */
function dissect(file: Uint8Array<ArrayBuffer>): Members[] {
  const out = new Writer();
  const json = new FrameJson(out);
  const reader = new capture.Reader().open(file);
  for (let n = 1; reader.next(); n++) {
    json.frame(
      n,
      reader.seconds,
      reader.nanoseconds,
      reader.wireLength,
      reader.view,
      reader.start,
      reader.end,
      reader.linkType,
    );
  }
  assertEquals(reader.reason, undefined);
  return out.toString().split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** The layers that are compared, in their order. */
function sure(layers: Json): Members[] {
  return (layers as Members[]).filter(({ l }) => SURE.has(l as string));
}

class Comparison {
  fields = 0;
  readonly differences: string[] = [];
  /** Differences that a list explains, so that no row of it is stale. */
  readonly explained: Set<string> = new Set();
  guesses = 0;
  guessed = 0;
  #frame = "";

  frame(name: string, oracle: Members, mine: Members): void {
    this.#frame = name;
    for (const key of Object.keys(oracle)) {
      // The chain is for orientation, and expert information tshark's own.
      if (key === "protos" || key === "expert") continue;
      if (key === "layers") {
        this.#layers("layers", oracle.layers!, mine.layers!);
        this.#guess(oracle.layers!, mine.layers!);
      } else this.#value(key, oracle[key]!, mine[key]);
    }
  }

  #layers(path: string, oracle: Json, mine: Json): void {
    const theirs = sure(oracle);
    const ours = sure(mine);
    const places = (all: Members[]) =>
      all.map(({ l, off }) => `${l} at ${off}`).join(", ");
    if (places(theirs) !== places(ours)) {
      this.#differ(path, places(theirs), places(ours));
      return;
    }
    theirs.forEach((layer, i) => {
      for (const key of Object.keys(layer)) {
        const at = `${path}.${layer.l}.${key}`;
        if (key === "quote") {
          this.#layers(at, layer.quote!, ours[i]!.quote ?? []);
        } else this.#value(at, layer[key]!, ours[i]![key]);
      }
    });
  }

  #value(path: string, oracle: Json, mine: Json | undefined): void {
    if (oracle !== null && typeof oracle === "object") {
      if (mine === null || typeof mine !== "object") {
        this.#differ(path, JSON.stringify(oracle), JSON.stringify(mine));
      } else if (Array.isArray(oracle)) {
        const length = (mine as Json[]).length;
        if (length !== oracle.length) {
          this.#differ(path, JSON.stringify(oracle), JSON.stringify(mine));
          return;
        }
        oracle.forEach((value, i) =>
          this.#value(`${path}[]`, value, (mine as Json[])[i])
        );
      } else {
        for (const key of Object.keys(oracle)) {
          this.#value(`${path}.${key}`, oracle[key]!, (mine as Members)[key]);
        }
      }
      return;
    }
    this.fields++;
    if (oracle !== mine) this.#differ(path, `${oracle}`, `${mine}`);
  }

  /** Layers of other names, which are told from ports and looks. */
  #guess(oracle: Json, mine: Json): void {
    const text = (layers: Json) =>
      (layers as Members[]).filter(({ l }) => !SURE.has(l as string))
        .map(({ l, off, size }) => `${l} ${off} ${size}`).join(", ");
    const theirs = text(oracle);
    if (theirs === "") return;
    this.guesses++;
    if (theirs === text(mine)) this.guessed++;
  }

  #differ(path: string, oracle: string, mine: string): void {
    const frame = this.#frame;
    if (FOUND_ABOVE.has(`${frame} ${path}`)) {
      this.explained.add(`${frame} ${path}`);
    } else if (ORACLE_IS_WRONG[frame]?.includes(path)) {
      this.explained.add(frame);
    } else {
      this.differences.push(`${frame} ${path}: ${oracle}, here ${mine}`);
    }
  }
}

conformanceTest(
  "FrameJson.frame equals the oracle on every field of every frame",
  () => {
    const comparison = new Comparison();
    let frames = 0;
    for (const { name, file, frames: oracle } of captures()) {
      const mine = dissect(file);
      assertEquals(mine.length, oracle.length, name);
      oracle.forEach((frame, i) => {
        comparison.frame(`${name}#${frame.n}`, frame, mine[i]!);
        frames++;
      });
    }
    assertEquals(comparison.differences, []);
    assert(frames >= 4516, `${frames} frames`);
    assert(comparison.fields > 200_000, `${comparison.fields} fields`);
    // Each row of the lists is needed, and there are few of them.
    const wrong = Object.keys(ORACLE_IS_WRONG);
    for (const row of [...wrong, ...FOUND_ABOVE]) {
      assert(comparison.explained.has(row), `${row} is not needed`);
    }
    assert(wrong.length < frames / 100);
    // What stands above UDP and TCP is guessed, and mostly as tshark does.
    const { guessed, guesses } = comparison;
    assert(guessed > 0.97 * guesses, `${guessed} of ${guesses}`);
  },
);

conformanceTest(
  "FrameJson.frame calls malformed or short what the oracle does",
  () => {
    // Both ways: a key that the oracle lacks is here compared as well.
    const extra: string[] = [];
    for (const { name, file, frames } of captures()) {
      dissect(file).forEach((mine, i) => {
        for (const key of ["malformed", "short"]) {
          if (mine[key] === true && frames[i]![key] !== true) {
            extra.push(`${name}#${mine.n} ${key}`);
          }
        }
      });
    }
    // Both were cut behind the header of a protocol that has no fields here, and
    // the oracle happens to stop in front of the cut.
    assertEquals(extra, [
      "tcpdump-heapoverflow-in_checksum#1 short",
      "tcpdump-olsr-oobr-1#2 short",
    ]);
  },
);

conformanceTest(
  "A16 FrameJson.frame writes JSON of any octets, and reads nothing outside",
  () => {
    const all = captures().flatMap(({ file }) => {
      const reader = new capture.Reader().open(file);
      const some: [number, Uint8Array][] = [];
      while (some.length < 5 && reader.next()) {
        some.push([
          reader.linkType,
          new Uint8Array(
            reader.view.buffer.slice(
              reader.view.byteOffset + reader.start,
              reader.view.byteOffset + reader.end,
            ) as ArrayBuffer,
          ),
        ]);
      }
      return some;
    });
    const out = new Writer();
    const json = new FrameJson(out);
    const change = fc.tuple(
      fc.nat(400),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xc0, 0xff)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.array(change, { maxLength: 8 }),
        fc.oneof(fc.constant(0), fc.nat(400)),
        fc.oneof(fc.constant(0), fc.nat(2000)),
        ([linkType, octets], changes, cut, more) => {
          const bytes = octets.slice(0, Math.max(0, octets.length - cut));
          for (const [at, value] of changes) {
            if (at < bytes.length) bytes[at] = value;
          }
          out.clear();
          const { length } = bytes;
          const view = new DataView(bytes.buffer);
          json.frame(1, 0, 0, length + more, view, 0, length, linkType);
          const frame = JSON.parse(out.toString());
          assertEquals(frame.caplen, length);
        },
      ),
      { numRuns: 5000 },
    );
  },
);

/** Three frames of 60 octets, the second of them UDP, as a capture. */
function small(): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const writer = new pcap.Writer((octets) => pieces.push(octets.slice()));
  const view = new DataView(new ArrayBuffer(60));
  for (let i = 0; i < 3; i++) {
    view.setUint16(12, i === 1 ? 0x0800 : 0x88b5);
    view.setUint32(14, 0x4500002e);
    view.setUint32(22, 0x40110000);
    writer.write(1e6 * i + 5, view, 0, 60);
  }
  writer.flush();
  return pieces[0]!;
}

async function run(
  args: string[],
  input: Uint8Array<ArrayBuffer>,
  permissions: string[] = [],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = new URL("dissect.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, path, ...args],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(input);
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

Deno.test("dissect.ts reads standard input without permissions, filters and counts", async () => {
  const file = small();
  const json = await run(["-", "--json"], file);
  assertEquals([json.code, json.stderr], [0, ""]);
  const frames = json.stdout.trimEnd().split("\n").map((l) => JSON.parse(l));
  assertEquals(frames, dissect(file));
  assertEquals(frames.map(({ ts }) => ts), [
    "0.000005000",
    "1.000005000",
    "2.000005000",
  ]);
  const udp = await run(["-", "udp", "--json"], file);
  assertEquals(udp.stdout.match(/"n":\d/g), ['"n":2']);
  const two = await run(["-", "--count", "2"], file);
  assertEquals(two.stdout.trimEnd().split("\n").length, 2);
  const tree = await run(["-", "ip", "-v"], file);
  assert(/^00:00:01\.000005\n {2}\S/.test(tree.stdout), tree.stdout);
});

Deno.test("dissect.ts --write keeps the frames that match, in either format", async () => {
  const file = small();
  for (const end of ["pcap", "pcapng"]) {
    const path = await Deno.makeTempFile({ suffix: `.${end}` });
    try {
      const { code, stdout, stderr } = await run(
        ["-", "not udp", "--write", path],
        file,
        ["--allow-write"],
      );
      assertEquals([code, stdout, stderr], [0, "", ""]);
      const reader = new capture.Reader().open(await Deno.readFile(path));
      const times: number[] = [];
      while (reader.next()) times.push(reader.timestamp);
      assertEquals([reader.format, reader.reason], [end, undefined]);
      assertEquals(times, [5, 2_000_005]);
    } finally {
      await Deno.remove(path);
    }
  }
});

Deno.test("dissect.ts ends with code 1 behind a file that is cut short, 2 for a filter that is none", async () => {
  const file = small();
  const cut = await run(["-", "--json"], file.slice(0, -10));
  assertEquals(cut.code, 1);
  assertEquals(cut.stdout.trimEnd().split("\n").length, 2);
  assert(/^dissect\.ts: -: [^\n]*cut short[^\n]*\n$/.test(cut.stderr));
  const wrong = await run(["-", "host 1.2.3.400"], file);
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
  assert(/^dissect\.ts: [^\n]*position 5[^\n]*\n$/.test(wrong.stderr));
});
