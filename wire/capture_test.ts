import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Frame, Reader, type ReaderOptions, Stream } from "./capture.ts";
import * as pcap from "./pcap.ts";
import * as pcapng from "./pcapng.ts";
import { Builder, Pieces } from "./_capture_test_util.ts";
import { assertSteady, unmeasured } from "./_steady_test_util.ts";
import { captures, cases, conformanceTest, hex } from "./_oracle_test_util.ts";

const OCTETS = Uint8Array.from([1, 2, 3, 4, 5]);

/** What is told of a frame, copied. */
function told(frame: Frame): unknown[] {
  const { buffer, byteOffset } = frame.view;
  return [
    frame.seconds,
    frame.nanoseconds,
    frame.linkType,
    frame.interfaceIndex,
    frame.wireLength,
    frame.comment,
    hex(new Uint8Array(buffer, byteOffset + frame.start, frame.length)),
  ];
}

/** All frames of a file in memory, and why it ended. */
function read(file: Uint8Array, options?: ReaderOptions): unknown[] {
  const reader = new Reader(options);
  // Reading outside throws.
  reader.open(file.slice());
  const all: unknown[] = [];
  while (reader.next()) all.push(told(reader));
  return [...all, reader.reason, reader.detail];
}

/** The file in chunks of the lengths that `next` gives. */
function chunked(file: Uint8Array, next: () => number) {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at >= file.length) return controller.close();
      controller.enqueue(file.slice(at, at += next()));
    },
  });
}

/** The same from a stream that fills buffers of the reader. */
function lent(file: Uint8Array, next: () => number) {
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull: (controller) => {
      const request = controller.byobRequest;
      if (at >= file.length) {
        controller.close();
        request?.respond(0);
        return;
      }
      const room = request!.view!;
      const length = Math.min(
        Math.max(1, next()),
        room.byteLength,
        file.length - at,
      );
      new Uint8Array(room.buffer, room.byteOffset).set(
        file.subarray(at, at += length),
      );
      request!.respond(length);
    },
  });
}

async function stream(
  source: ReadableStream<Uint8Array>,
  options?: ReaderOptions,
): Promise<unknown[]> {
  const all: unknown[] = [];
  const from = new Stream(source, options);
  for await (const batch of from.batches()) {
    while (batch.next()) all.push(told(batch));
  }
  assert(!source.locked);
  return [...all, from.reason, from.detail];
}

function samplePcap(): Builder {
  const file = new Builder(false).pcap({ magic: pcap.MAGIC_NANOSECONDS });
  for (let i = 0; i < 5; i++) file.record(i, i, OCTETS.subarray(0, i), 1500);
  return file;
}

function samplePcapng(): Builder {
  const file = new Builder().section().interface(1, 0, (b) => b.text(2, "a"));
  for (let i = 0; i < 5; i++) {
    file.enhanced(
      0,
      BigInt(i),
      OCTETS.subarray(0, i),
      9,
      (b) => b.text(1, `${i}`),
    );
    file.block(5, (b) => b.raw(OCTETS));
  }
  return file;
}

const samples = [samplePcap().bytes, samplePcapng().bytes];

const FRAMES = 4000;

/** A file of many frames. */
function steadyFile(
  add: (file: Builder, i: number) => void,
  format: "pcap" | "pcapng",
): Uint8Array<ArrayBuffer> {
  const file = new Builder();
  if (format === "pcap") file.pcap();
  else file.section().interface().interface(1, 0, (b) => b.option(9, [9]));
  for (let i = 0; i < FRAMES; i++) add(file, i);
  return file.bytes;
}

for (const make of [chunked, lent]) {
  Deno.test(`Stream reads what Reader reads, however the file is cut (${make.name})`, async () => {
    for (const file of samples) {
      const all = read(file);
      assertEquals(all.length, 7);
      for (let length = 1; length <= file.length; length++) {
        assertEquals(await stream(make(file, () => length)), all);
      }
      await fc.assert(
        fc.asyncProperty(
          fc.infiniteStream(fc.nat(40)),
          async (lengths) => {
            const next = () => lengths.next().value;
            assertEquals(await stream(make(file, next)), all);
          },
        ),
        { numRuns: 50 },
      );
    }
  });
}

Deno.test("Stream and Reader agree on where a file is cut short", async () => {
  for (const file of samples) {
    for (let length = 0; length < file.length; length++) {
      const part = file.slice(0, length);
      const all = read(part);
      assertEquals(await stream(chunked(part, () => 7)), all, `${length}`);
    }
  }
});

Deno.test("Stream gives frames one by one, and batches that nobody reads are skipped", async () => {
  for (const file of samples) {
    const all = [];
    const frames = new Stream(chunked(file, () => 50));
    for await (const frame of frames) all.push(told(frame));
    assertEquals([...all, frames.reason, frames.detail], read(file));
    const unread = new Stream(chunked(file, () => 50));
    for await (const _ of unread.batches());
    assertEquals(unread.reason, undefined);
  }
});

Deno.test("Stream is cancelled when its loop is left, and when the file is refused", async () => {
  for (const file of [samples[0]!, new Uint8Array(100)]) {
    let cancelled = 0;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(file),
      cancel: () => void cancelled++,
    });
    const frames = new Stream(source);
    for await (const _ of frames) break;
    assertEquals(cancelled, 1);
    assert(!source.locked);
  }
});

Deno.test("Stream throws what its source throws, and no more", async () => {
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new EvalError("no disk")),
  });
  await assertRejects(() => stream(source), EvalError, "no disk");
  assert(!source.locked);
});

Deno.test("Stream refuses a length beyond the limit before it gathers anything", async () => {
  const record = new Builder().pcap().u32(1, 2, 5000, 5000);
  const block = new Builder().section().u32(6, 5000, 0);
  for (const file of [record.bytes, block.bytes]) {
    let served = 0;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(served++ === 0 ? file : new Uint8Array(1000));
      },
    });
    const found = await stream(source, { limit: 4096 });
    assertEquals(found[0], "length");
    assert(served < 5);
    assertEquals(found, read(file, { limit: 4096 }));
  }
  assertThrows(
    () => new Reader({ limit: 10 }),
    RangeError,
    "Cannot read at most 10 octets: need 64 or more",
  );
});

for (
  const [what, octets, reason, detail] of [
    ["nothing", [], "truncated", "an empty file, at octet 0"],
    ["two octets", [1, 2], "truncated", "the file is cut short, at octet 0"],
    [
      "text",
      [0x23, 0x21, 0x2f, 0x62, 0x69],
      "unsupported",
      "neither pcap nor pcapng, at octet 0",
    ],
    [
      "gzip",
      [0x1f, 0x8b, 8, 0, 0],
      "unsupported",
      "compressed by gzip, at octet 0",
    ],
    [
      "zstd",
      [0x28, 0xb5, 0x2f, 0xfd, 0],
      "unsupported",
      "compressed by zstd, at octet 0",
    ],
  ] as const
) {
  Deno.test(`Reader and Stream say ${reason} of ${what}`, async () => {
    const file = Uint8Array.from(octets);
    assertEquals(read(file), [reason, detail]);
    assertEquals(await stream(chunked(file, () => 1)), [reason, detail]);
  });
}

Deno.test("Reader.wrap() reads a part of a view, and again", () => {
  const [file] = samples;
  const view = new DataView(new ArrayBuffer(file!.length + 20));
  new Uint8Array(view.buffer).set(file!, 10);
  const reader = new Reader();
  for (let i = 0; i < 2; i++) {
    reader.wrap(view, 10, 10 + file!.length);
    assert(reader.next());
    assertEquals([reader.start, reader.offset], [50, 40]);
    while (reader.next());
    assertEquals(reader.reason, undefined);
    assertEquals(reader.position, 10 + file!.length);
  }
});

Deno.test("Reader.feed() goes on where the memory before ended", () => {
  const [file] = samples;
  const reader = new Reader().reset();
  const all: unknown[] = [];
  let at = 0;
  for (let end = 0; end <= file!.length; end++) {
    const part = file!.slice(at, end);
    reader.feed(new DataView(part.buffer), 0, part.length);
    while (reader.next()) all.push(told(reader));
    assertEquals(reader.reason, undefined);
    at = reader.offset;
  }
  reader.finish();
  assertEquals([...all, reader.reason, reader.detail], read(file!));
});

Deno.test("Reader never throws, hangs or reads outside, and Stream agrees with it", async () => {
  const [first, second] = samples;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(first!, second!),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
      fc.nat(400),
      fc.uint8Array({ maxLength: 60 }),
      async (file, changes, end, tail) => {
        const bytes = Uint8Array.from([...file.subarray(0, end), ...tail]);
        for (const [at, octet] of changes) {
          if (at < bytes.length) bytes[at] = octet;
        }
        const all = read(bytes);
        assert(all.length <= bytes.length + 2);
        assertEquals(await stream(chunked(bytes, () => 33)), all);
      },
    ),
    { numRuns: 2000 },
  );
});

for (
  const [name, file] of [
    ["pcap", steadyFile((file, i) => file.record(1.7e9, i, OCTETS), "pcap")],
    [
      "pcapng",
      steadyFile(
        (file, i) =>
          // Half of them with ns, which do not fit into a number.
          file.enhanced(i & 1, 1_700_000_000_123_456_789n + BigInt(i), OCTETS),
        "pcapng",
      ),
    ],
  ] as const
) {
  const title = `Reader leaves nothing of a frame on the heap (${name})`;
  const skipped = unmeasured === undefined ? "" : ` (skipped: ${unmeasured})`;
  const ignore = unmeasured !== undefined;
  Deno.test(title + skipped, { ignore }, () => {
    const view = new DataView(file.buffer);
    const reader = new Reader();
    let octets = 0;
    // A file leaves a decoder, and its interfaces.
    assertSteady(FRAMES, () => {
      reader.wrap(view, 0, view.byteLength);
      while (reader.next()) octets += reader.length + reader.timestamp % 2;
    });
    assert(octets > 0);
  });
}

/** A file of one capture, written again as either format. */
function rewritten(file: Uint8Array, format: "pcap" | "pcapng"): Uint8Array {
  const pieces = new Pieces();
  const reader = new Reader().open(file);
  const linkType = new DataView(file.buffer).getUint16(20, true);
  if (format === "pcap") {
    const writer = new pcap.Writer(pieces.take, { linkType });
    while (reader.next()) writer.writeFrame(reader);
    writer.flush();
  } else {
    const writer = new pcapng.Writer(pieces.take);
    const nic = writer.addInterface({ linkType });
    while (reader.next()) writer.writeFrame(nic, reader);
    writer.flush();
  }
  return pieces.bytes;
}

function load(capture: string): Uint8Array {
  const path = `../../shared/conformance/pcap/${capture}.pcap`;
  return Deno.readFileSync(new URL(path, import.meta.url));
}

conformanceTest(
  "Reader reads every capture as the oracle has it, and so do its pcapng form and a Stream",
  async () => {
    let frames = 0;
    for (const capture of captures()) {
      const file = load(capture);
      const all: unknown[] = cases(capture).map((
        { linkType, view, frame },
      ) => {
        const [seconds, fraction] = (frame as unknown as { ts: string }).ts
          .split(".");
        assertEquals(frame.caplen, view.byteLength);
        return [
          Number(seconds),
          Number(fraction!.padEnd(9, "0")),
          // One file has something in the bits above.
          linkType & 0xffff,
          0,
          frame.len,
          undefined,
          hex(new Uint8Array(view.buffer)),
        ];
      });
      frames += all.length;
      all.push(undefined, "");
      assertEquals(read(file), all, capture);
      assertEquals(await stream(chunked(file, () => 1000)), all, capture);
      assertEquals(await stream(lent(file, () => 1000)), all, capture);
      assertEquals(read(rewritten(file, "pcapng")), all, capture);
      assertEquals(read(rewritten(file, "pcap")), all, capture);
    }
    assert(frames > 4000);
  },
);

/** Runs a tool; nothing where it is not installed. */
function run(
  tool: string,
  ...args: string[]
): { code: number; out: string } | undefined {
  try {
    const { code, stdout } = new Deno.Command(tool, { args }).outputSync();
    return { code, out: new TextDecoder().decode(stdout) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Registers a test of files that a tool reads or writes. */
function toolTest(
  tool: string,
  name: string,
  fn: (folder: string) => void,
): void {
  const missing = run(tool, "--version") === undefined;
  conformanceTest(missing ? `${name} (skipped: no ${tool})` : name, () => {
    if (missing) return;
    const folder = Deno.makeTempDirSync();
    try {
      fn(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

const SOME = [
  "zeek-wikipedia",
  "tcpdump-LINKTYPE_IPV4",
  "zeek-trunc-ip4-trunc",
];

toolTest("editcap", "Reader reads what editcap writes in each format", (to) => {
  for (const capture of SOME) {
    const from = `${to}/in.pcap`;
    Deno.writeFileSync(from, load(capture));
    const all = read(load(capture));
    for (const format of ["pcap", "nsecpcap", "pcapng"]) {
      const file = `${to}/out.${format}`;
      assertEquals(run("editcap", "-F", format, from, file)?.code, 0);
      assertEquals(read(Deno.readFileSync(file)), all, `${capture} ${format}`);
    }
    const file = `${to}/comment.pcapng`;
    run("editcap", "-F", "pcapng", "-a", "1:hören und sehen", from, file);
    const reader = new Reader().open(Deno.readFileSync(file));
    assert(reader.next());
    assertEquals(reader.comments, ["hören und sehen"]);
    const modified = `${to}/modified.pcap`;
    run("editcap", "-F", "modpcap", from, modified);
    assertEquals(read(Deno.readFileSync(modified)), [
      "unsupported",
      "modified pcap, whose records have longer headers, at octet 0",
    ]);
  }
});

toolTest(
  "mergecap",
  "Reader reads several interfaces that mergecap writes",
  (to) => {
    const files = SOME.slice(0, 2).map((capture) => {
      const path = `${to}/${capture}.pcap`;
      Deno.writeFileSync(path, load(capture));
      return path;
    });
    const merged = `${to}/merged.pcapng`;
    const args = ["-a", "-F", "pcapng", "-w", merged, ...files];
    assertEquals(run("mergecap", ...args)?.code, 0);
    const reader = new Reader().open(Deno.readFileSync(merged));
    let frames = 0;
    while (reader.next()) {
      frames++;
      assertEquals(reader.linkType, [1, 228][reader.interfaceIndex]);
    }
    assertEquals(reader.reason, undefined);
    assertEquals(reader.interfaces.length, 2);
    assertEquals(frames, cases(SOME[0]!).length + cases(SOME[1]!).length);
  },
);

toolTest("tcpdump", "Reader reads what tcpdump writes", (to) => {
  for (const capture of SOME) {
    const from = `${to}/in.pcap`;
    Deno.writeFileSync(from, load(capture));
    const file = `${to}/out.pcap`;
    assertEquals(run("tcpdump", "-r", from, "-w", file)?.code, 0);
    assertEquals(read(Deno.readFileSync(file)), read(load(capture)));
  }
});

toolTest("tshark", "tshark reads what both writers write", (to) => {
  for (const nanoseconds of [false, true]) {
    const reader = new Reader();
    const plain = new Pieces();
    const blocks = new Pieces();
    const old = new pcap.Writer(plain.take, { nanoseconds });
    const writer = new pcapng.Writer(blocks.take);
    const nic = writer.addInterface({ nanoseconds, name: "tap0" });
    const view = new DataView(new ArrayBuffer(60));
    const expected: string[] = [];
    for (let i = 0; i < 300; i++) {
      const time = 1_700_000_000_000_000 + 999_999 * i;
      old.write(time, view, 0, i % 61);
      writer.write(nic, time, view, 0, i % 61, i % 3, `frame ${i}`);
      const text = `${time}`;
      expected.push(
        `${text.slice(0, -6)}.${text.slice(-6)}000\t${i % 61}\tframe ${i}`,
      );
    }
    old.flush();
    writer.flush();
    const fields = ["frame.time_epoch", "frame.len", "frame.comment"];
    for (const [name, { bytes }] of Object.entries({ plain, blocks })) {
      const file = `${to}/${name}`;
      Deno.writeFileSync(file, bytes);
      const args = fields.flatMap((field) => ["-e", field]);
      const found = run("tshark", "-n", "-r", file, "-T", "fields", ...args);
      assertEquals(found?.code, 0);
      const lines = found!.out.trimEnd().split("\n").map((line) =>
        line.trimEnd()
      );
      assertEquals(
        lines,
        name === "blocks"
          ? expected
          : expected.map((line) => line.replace(/\tframe .*/, "")),
      );
      let frames = 0;
      reader.open(bytes);
      while (reader.next()) frames++;
      assertEquals(frames, 300);
    }
  }
});
