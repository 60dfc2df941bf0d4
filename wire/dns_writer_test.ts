import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as dns from "./dns.ts";
import { hex, octets } from "./_oracle_test_util.ts";
import { anyMessage, anyName, read, write } from "./_dns_test_util.ts";
import { exactly, octetsOf } from "./_property_test_util.ts";

const { ANSWER, ADDITIONAL } = dns.Section;
const WWW = dns.parseName("www.example.com");
const EXAMPLE = dns.parseName("example.com");

/** What a writer made, as hexadecimal text behind the header. */
function written(writer: dns.Writer, view: DataView): string {
  return hex(octetsOf(view).subarray(12, writer.length));
}

Deno.test("Writer compresses as RFC 1035 section 4.1.4 shows", () => {
  const view = exactly(new Uint8Array(200));
  const writer = new dns.Writer();
  writer.begin(view, 0, 200);
  // The names of the example, as owners of empty records.
  for (const name of ["F.ISI.ARPA", "FOO.F.ISI.ARPA", "ARPA", "."]) {
    writer.open(ANSWER, dns.parseName(name), 10, 1, 0);
    assertEquals(writer.close(), "written");
  }
  const rest = "000a0001000000000000";
  assertEquals(
    written(writer, view),
    "0146034953490441525041" + "00" + rest + "03464f4fc00c" + rest +
      "c012" + rest + "00" + rest,
  );
});

Deno.test("Writer compresses names in data of RFC 1035 and of no other type (RFC 3597)", () => {
  const view = exactly(new Uint8Array(200));
  const writer = new dns.Writer();
  writer.begin(view, 0, 200);
  writer.mx(ANSWER, EXAMPLE, 1, 10, WWW);
  writer.srv(ANSWER, EXAMPLE, 1, 0, 0, 80, WWW);
  writer.target(ANSWER, EXAMPLE, dns.Type.DNAME, 1, WWW);
  writer.target(ANSWER, EXAMPLE, dns.Type.CNAME, 1, WWW);
  assertEquals(
    written(writer, view),
    "076578616d706c6503636f6d00" + "000f0001000000010008" + "000a" +
      "03777777c00c" +
      "c00c" + "00210001000000010017" + "000000000050" + hex(WWW) +
      "c00c" + "00270001000000010011" + hex(WWW) +
      "c00c" + "00050001000000010002" + "c025",
  );
});

Deno.test("Writer keeps the case of letters (RFC 4343)", () => {
  const view = exactly(new Uint8Array(200));
  const writer = new dns.Writer();
  writer.begin(view, 0, 200);
  writer.question(EXAMPLE, 1);
  writer.question(dns.parseName("Example.com"), 1);
  assertEquals(
    written(writer, view),
    hex(EXAMPLE) + "00010001" + "074578616d706c65c014" + "00010001",
  );
});

Deno.test("Writer writes names whole once it remembers as many as it can", () => {
  const view = exactly(new Uint8Array(200));
  const writer = new dns.Writer(2);
  writer.begin(view, 0, 200);
  writer.question(WWW, 1);
  // "www.example.com" and "example.com" are remembered, "com" is not.
  writer.question(dns.parseName("com"), 1);
  writer.question(EXAMPLE, 1);
  assertEquals(
    written(writer, view),
    hex(WWW) + "00010001" + "03636f6d00" + "00010001" + "c010" + "00010001",
  );
  const none = new dns.Writer(0);
  none.begin(view, 0, 200);
  none.question(EXAMPLE, 1);
  none.question(EXAMPLE, 1);
  assertEquals(written(none, view), (hex(EXAMPLE) + "00010001").repeat(2));
});

Deno.test("Writer points at no octet beyond the first 16384 (RFC 1035 section 4.1.4)", () => {
  const view = exactly(new Uint8Array(40000));
  const writer = new dns.Writer();
  writer.begin(view, 0, 40000);
  const filler = new dns.RecordRepr(20000);
  filler.type = 65280;
  filler.dataLength = 16384 - 12 - 11 - 3;
  assertEquals(writer.record(ANSWER, filler), "written");
  writer.a(ANSWER, WWW, 1, 0);
  writer.a(ANSWER, WWW, 1, 0);
  writer.a(ANSWER, EXAMPLE, 1, 0);
  // "www" begins at 16381, "example" at 16385.
  const at = 16384 - 3 + WWW.length + 14;
  assertEquals(view.getUint16(at), 0xc000 | 16381);
  assertEquals(octetsOf(view).slice(at + 16, at + 29), EXAMPLE);
});

Deno.test("Writer makes no name that Name.check() finds too many pointers in", () => {
  const view = exactly(new Uint8Array(16384));
  const writer = new dns.Writer(512);
  writer.begin(view, 0, 16384);
  const texts = Array.from(Array(100).keys(), (i) => "a.".repeat(i + 1));
  for (const text of texts) {
    assertEquals(writer.question(dns.parseName(text), 1), "written");
  }
  const questions = new dns.Questions().over(writer.header);
  for (const text of texts) {
    assert(questions.next());
    assertEquals(`${questions.name}`, text);
  }
});

Deno.test("Writer leaves the message as it was when there is no room", () => {
  const view = exactly(new Uint8Array(200));
  const writer = new dns.Writer();
  const whole = (end: number) => {
    writer.begin(view, 0, end);
    return [
      writer.question(EXAMPLE, 15),
      writer.mx(ANSWER, EXAMPLE, 1, 10, WWW),
      writer.a(ADDITIONAL, WWW, 1, 0x7f000001),
    ];
  };
  assertEquals(whole(200), ["written", "written", "written"]);
  const { length } = writer;
  for (let end = 12; end < length; end++) {
    const outcomes = whole(end);
    assert(outcomes.includes("exhausted"));
    const message = read(view, 0, writer.length);
    assert(typeof message !== "string", `${end}: ${message}`);
    const count = outcomes.filter((outcome) => outcome === "written").length;
    assertEquals(
      message.questions.length + message.sections.flat().length,
      count,
    );
  }
  for (let end = 0; end < 12; end++) {
    assertEquals(writer.begin(view, 0, end), "exhausted");
    assertEquals(writer.length, 0);
    assertEquals(writer.question(EXAMPLE, 1), "exhausted");
  }
});

Deno.test("Writer points at no name of a record that had no room", () => {
  const view = exactly(new Uint8Array(100));
  const writer = new dns.Writer();
  writer.begin(view, 0, 60);
  writer.question(dns.parseName("a"), 1);
  assertEquals(writer.txt(ANSWER, WWW, 1, new Uint8Array(30)), "exhausted");
  assertEquals(writer.a(ANSWER, WWW, 1, 0x01020304), "written");
  assertEquals(
    written(writer, view),
    "01610000010001" + hex(WWW) + "00010001" + "00000001" + "000401020304",
  );
});

Deno.test("Writer says illegal to what no message can say, and goes on", () => {
  const view = exactly(new Uint8Array(400));
  const writer = new dns.Writer();
  const record = new dns.RecordRepr();
  const { Type } = dns;
  writer.begin(view, 0, 400);
  const bad = octets("0361");
  const illegal: [string, () => dns.Outcome][] = [
    ["a name without end", () => writer.question(bad, 1)],
    ["a pointer in a name", () => writer.question(octets("c00c"), 1)],
    ["no name", () => writer.question(new Uint8Array(0), 1)],
    ["a record as question", () => writer.a(0, WWW, 1, 1)],
    ["a fifth section", () => writer.a(4, WWW, 1, 1)],
    [
      "a string of 256 octets",
      () => writer.txt(ANSWER, WWW, 1, new Uint8Array(256)),
    ],
    [
      "an empty tag",
      () => writer.caa(ANSWER, WWW, 1, 0, new Uint8Array(0), WWW),
    ],
    ["an MX of one octet", () => {
      record.type = Type.MX;
      record.dataLength = 1;
      return writer.record(ANSWER, record);
    }],
    ["an SOA with one octet too many", () => {
      record.type = Type.SOA;
      record.dataLength = 23;
      return writer.record(ANSWER, record);
    }],
    ["an NAPTR without name", () => {
      record.type = Type.NAPTR;
      record.dataLength = 7;
      return writer.record(ANSWER, record);
    }],
  ];
  for (const [why, attempt] of illegal) {
    assertEquals(attempt(), "illegal", why);
    assertEquals(writer.length, 12, why);
  }
  assertEquals(writer.a(ADDITIONAL, WWW, 1, 1), "written");
  assertEquals(writer.a(ANSWER, WWW, 1, 1), "illegal");
  assertEquals(writer.question(WWW, 1), "illegal");
  assertEquals(writer.header.additionalCount, 1);
  assertEquals(writer.header.answerCount, 0);
});

Deno.test("Writer throws RangeError when it shall remember a bad number of names", () => {
  for (const capacity of [-1, 1.5, 16385, NaN]) {
    assertThrows(() => new dns.Writer(capacity), RangeError, `${capacity}`);
  }
});

Deno.test("A14 read() of what Writer wrote is the same message", () => {
  fc.assert(
    fc.property(
      anyMessage,
      fc.nat(20),
      fc.nat(20),
      (message, at, capacity) => {
        const view = exactly(new Uint8Array(at + 16384).fill(0xa5));
        const writer = new dns.Writer(capacity);
        assertEquals(
          write(writer, message, view, at, view.byteLength),
          "written",
        );
        const end = at + writer.length;
        const cut = exactly(octetsOf(view).subarray(0, end));
        const again = read(cut, at, end);
        assert(typeof again !== "string", `${again}`);
        for (const [i, question] of message.questions.entries()) {
          assertEquals(again.questions[i], question);
        }
        assertEquals(again.flags, message.flags);
        for (const [i, section] of message.sections.entries()) {
          assertEquals(again.sections[i]!.length, section.length);
          for (const [j, record] of section.entries()) {
            const { name, type, class: class_, ttl, dataLength } = again
              .sections[i]![j]!;
            assertEquals(
              { name, type, class: class_, ttl, dataLength },
              {
                name: record.name,
                type: record.type,
                class: record.class,
                ttl: record.ttl,
                dataLength: record.dataLength,
              },
            );
            assertEquals(again.sections[i]![j]!.data, record.data);
          }
        }
        // What was written is canonical: written again it is the same.
        const copy = exactly(new Uint8Array(end));
        assertEquals(write(writer, again, copy, at, end), "written");
        assertEquals(octetsOf(copy).slice(at), octetsOf(cut).slice(at));
        assertEquals(writer.header.end, end);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("Writer finds every name again, whatever was taken back", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyName, fc.boolean()), { maxLength: 20 }),
      (names) => {
        const view = exactly(new Uint8Array(8192));
        const writer = new dns.Writer(16);
        writer.begin(view, 0, 8192);
        const kept: string[] = [];
        for (const [name, keep] of names) {
          writer.open(ANSWER, name, dns.Type.PTR, 1, 0);
          writer.name(name);
          if (!keep) writer.string(new Uint8Array(256));
          assertEquals(writer.close(), keep ? "written" : "illegal");
          if (keep) kept.push(dns.formatName(name));
        }
        const records = new dns.Records().over(writer.header);
        const target = new dns.Target();
        for (const text of kept) {
          assert(records.next());
          assertEquals(`${records.name}`, text);
          assertEquals(target.over(records).check(), undefined);
          assertEquals(`${target.target}`, text);
        }
        assert(!records.next());
      },
    ),
  );
});
