import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as dns from "./dns.ts";
import { hex, octets } from "./_oracle_test_util.ts";
import { anyMessage, long, read, short, write } from "./_dns_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const { ANSWER, ADDITIONAL } = dns.Section;
const OWNER = dns.parseName("example.com");

/** A header with these counts and this behind it. */
function message(counts: number[], hex: string): DataView {
  const view = exactly([...new Uint8Array(12), ...octets(hex)]);
  for (const [i, count] of counts.entries()) view.setUint16(4 + 2 * i, count);
  return view;
}

/** How often a walk went on, and why it ended. */
function walk(
  walker: dns.Questions | dns.Records,
): [number, string | undefined] {
  let steps = 0;
  while (walker.next()) {
    readAll(walker);
    steps++;
  }
  assertFalse(walker.next());
  return [steps, walker.reason];
}

/** The data of one record, behind `example.com` at 12. */
function record(
  type: number,
  data: string,
  class_ = 1,
  ttl = 0,
): dns.Records {
  const fixed = exactly(new Uint8Array(10));
  fixed.setUint16(0, type);
  fixed.setUint16(2, class_);
  fixed.setUint32(4, ttl);
  fixed.setUint16(8, data.length / 2);
  const view = message(
    [0, 1],
    hex(OWNER) + hex(octetsOf(fixed)) + data,
  );
  const records = new dns.Records().over(new dns.View(view));
  assert(records.next());
  return records;
}

Deno.test("View reads and writes each field where RFC 1035 section 4.1.1 has it", () => {
  const header = new dns.View(exactly(octets("1234adb50001000200030004")));
  assertEquals(header.check(), undefined);
  assertEquals(readAll(header), {
    id: 0x1234,
    flags: 0xadb5,
    isResponse: true,
    opcode: 5,
    authoritative: true,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: true,
    authenticData: true,
    checkingDisabled: true,
    rcode: 5,
    questionCount: 1,
    answerCount: 2,
    authorityCount: 3,
    additionalCount: 4,
  });
  assertEquals([0, 1, 2, 3].map((i) => header.count(i)), [1, 2, 3, 4]);
  const fields = Object.keys(readAll(header)).filter((k) => k !== "flags");
  const copy = new dns.View(exactly(new Uint8Array(12)));
  const repr = new dns.Repr();
  assertEquals(repr.parse(header), undefined);
  for (const field of fields) {
    Object.assign(copy, { [field]: Reflect.get(header, field) });
    assertEquals(Reflect.get(copy, field), Reflect.get(header, field), field);
    assertEquals(Reflect.get(repr, field), Reflect.get(header, field), field);
  }
  assertEquals(octetsOf(copy.view), octetsOf(header.view));
  for (const field of fields) {
    const zero = typeof Reflect.get(header, field) === "boolean" ? false : 0;
    Object.assign(copy, { [field]: zero });
  }
  assertEquals(octetsOf(copy.view), new Uint8Array(12));
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(fc.property(short, short, fc.nat(9), (id, flags, at) => {
    const view = exactly(new Uint8Array(at + 12).fill(0xa5));
    const first = new dns.Packet();
    const header = new dns.View(view, at);
    header.id = id;
    header.flags = flags & ~0x40;
    assertEquals(first.parse(view, at, at + 12), undefined);
    const copy = exactly(new Uint8Array(at + 12).fill(0xa5));
    first.repr.emit(copy, at);
    assertEquals(octetsOf(copy), octetsOf(view));
    const second = new dns.Packet();
    assertEquals(second.parse(copy, at, at + 12), undefined);
    assertEquals(second.repr, first.repr);
  }));
});

for (let length = 0; length < 12; length++) {
  Deno.test(`A16 dns.View.check() refuses a message of ${length} octets`, () => {
    const view = exactly(new Uint8Array(length));
    assertEquals(new dns.Packet().parse(view, 0, length), "truncated");
  });
}

const QUESTION = "016100" + "00010001";
const RECORD = "016100" + "00010001" + "00000001" + "0002" + "0102";

for (
  const [why, counts, hex, questions, records] of [
    ["claims nothing and holds nothing", [], "", [0, undefined], [
      0,
      undefined,
    ]],
    ["claims nothing and holds something", [], QUESTION, [0, undefined], [
      0,
      undefined,
    ]],
    [
      "claims 65535 of each and holds nothing",
      [
        65535,
        65535,
        65535,
        65535,
      ],
      "",
      [0, "truncated"],
      [0, "truncated"],
    ],
    ["claims 65535 questions and holds one", [65535, 1], QUESTION, [
      1,
      "truncated",
    ], [0, "truncated"]],
    ["has a question without class", [1], QUESTION.slice(0, -4), [
      0,
      "truncated",
    ], [0, "truncated"]],
    [
      "claims 65535 records and holds two",
      [
        1,
        65535,
      ],
      QUESTION + RECORD + RECORD,
      [1, undefined],
      [2, "truncated"],
    ],
    ["has empty sections", [0, 0, 0, 1], RECORD, [0, undefined], [
      1,
      undefined,
    ]],
    ["has a record without length", [0, 1], RECORD.slice(0, -8), [
      0,
      undefined,
    ], [0, "truncated"]],
    ["has data beyond its end", [0, 0, 1], RECORD.slice(0, -2), [
      0,
      undefined,
    ], [0, "length"]],
    ["has a record with a loop", [0, 2], RECORD + "c01b" + RECORD, [
      0,
      undefined,
    ], [1, "malformed"]],
    ["has octets behind the last record", [0, 1], RECORD + "ff", [
      0,
      undefined,
    ], [1, undefined]],
  ] as [string, number[], string, unknown[], unknown[]][]
) {
  Deno.test(`A14 Questions and Records end when a message ${why}`, () => {
    const view = new dns.View(message(counts, hex));
    assertEquals(walk(new dns.Questions().over(view)), questions as never);
    assertEquals(walk(new dns.Records().over(view)), records as never);
  });
}

Deno.test("Records tells the section of each record, and where they end", () => {
  const view = message([1, 1, 2, 1], QUESTION + RECORD.repeat(4) + "ffff");
  const records = new dns.Records().over(new dns.View(view));
  const sections = [];
  while (records.next()) {
    sections.push(records.section);
    assertEquals(records.dataEnd - records.dataStart, 2);
  }
  assertEquals(sections, [1, 2, 2, 3]);
  assertEquals(records.end, view.byteLength - 2);
});

Deno.test("Questions and Records read the top bit of a class (RFC 6762)", () => {
  const view = message(
    [1, 1],
    "00" + "00ff8001" + "00" + "00018001" + "0".repeat(12),
  );
  const header = new dns.View(view);
  const questions = new dns.Questions().over(header);
  assert(questions.next());
  assert(questions.unicastResponse);
  assertEquals([questions.type, questions.class], [255, 0x8001]);
  const records = new dns.Records().over(header);
  assert(records.next());
  assert(records.cacheFlush);
  assertEquals(records.class & ~dns.CACHE_FLUSH, dns.Class.IN);
});

// Data of one record of each type; names by pointer to the owner at 12.
for (
  const [what, cursor, type, data, fields, names] of [
    ["A", new dns.A(), 1, "c0000201", { address: 0xc0000201 | 0 }, {}],
    [
      "AAAA (RFC 3596)",
      new dns.Aaaa(),
      28,
      "20010db8000000000000000000000001",
      { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 },
      {},
    ],
    ["CNAME", new dns.Target(), 5, "0161c00c", {}, {
      target: "a.example.com.",
    }],
    ["NS", new dns.Target(), 2, "c014", {}, { target: "com." }],
    ["PTR", new dns.Target(), 12, "00", {}, { target: "." }],
    ["MX", new dns.Mx(), 15, "000ac00c", { preference: 10 }, {
      exchange: "example.com.",
    }],
    [
      "SOA",
      new dns.Soa(),
      6,
      "0161c00c" + "0162c00c" + "f8000001" + "00000002" + "00000003" +
      "00000004" + "00000005",
      { serial: 0xf8000001, refresh: 2, retry: 3, expire: 4, minimum: 5 },
      { primary: "a.example.com.", mailbox: "b.example.com." },
    ],
    [
      "SRV (RFC 2782)",
      new dns.Srv(),
      33,
      "0001" + "0002" + "13c4" + "0161" + "00",
      { priority: 1, weight: 2, port: 5060 },
      { target: "a." },
    ],
    [
      // RFC 8659 section 4.2: 0 issue "ca1.example.net"
      "CAA (RFC 8659)",
      new dns.Caa(),
      257,
      "8005" + "6973737565" + "6361312e6578616d706c652e6e6574",
      { flags: 128, critical: true, tagStart: 37, tagEnd: 42 },
      {},
    ],
    [
      // RFC 4034 section 5.4.
      "DS (RFC 4034)",
      new dns.Ds(),
      43,
      "ec45" + "05" + "01" + "2bb183af5f22588179a53b0a98631fad1a292118",
      { keyTag: 60485, algorithm: 5, digestType: 1, digestStart: 39 },
      {},
    ],
    [
      // RFC 4034 section 3.3, with a shorter signature.
      "RRSIG (RFC 4034)",
      new dns.Rrsig(),
      46,
      "0001" + "05" + "03" + "00015180" + "3e817b47" + "3e59ee47" + "0a52" +
      hex(OWNER) + "a0907568",
      {
        typeCovered: 1,
        algorithm: 5,
        labels: 3,
        originalTtl: 86400,
        expiration: 0x3e817b47,
        inception: 0x3e59ee47,
        keyTag: 2642,
        signatureStart: 35 + 18 + 13,
      },
      { signer: "example.com." },
    ],
    [
      "HTTPS (RFC 9460)",
      new dns.Svcb(),
      65,
      "0001" + "00" + "00010003026832",
      { priority: 1, isAlias: false, parametersStart: 38 },
      { target: "." },
    ],
  ] as [
    string,
    dns.Data & { check(): string | undefined },
    number,
    string,
    Record<string, unknown>,
    Record<string, string>,
  ][]
) {
  Deno.test(`${what}: the cursor reads each field`, () => {
    assertEquals(cursor.over(record(type, data)).check(), undefined);
    assertEquals(readAll(cursor), fields);
    for (const [name, text] of Object.entries(names)) {
      assertEquals(`${Reflect.get(cursor, name)}`, text);
    }
    assertEquals(cursor.length, data.length / 2);
  });

  Deno.test(`A14 ${what}: check() takes no shorter data, and reads nothing outside`, () => {
    for (let length = 0; length < data.length / 2; length++) {
      const cut = exactly(octets(data.slice(0, 2 * length)));
      const reason = cursor.wrap(cut, 0, length).check();
      if (reason === undefined) readAll(cursor);
      // What goes on to the end can end anywhere.
      const open = [257, 43, 46, 65].includes(type);
      assert(open || reason !== undefined, `${length}`);
    }
  });

  Deno.test(`A14 ${what}: check() takes no longer data than its form has`, () => {
    const reason = cursor.over(record(type, data + "00")).check();
    const open = [257, 43, 46].includes(type);
    assertEquals(
      reason,
      open ? undefined : type === 65 ? "truncated" : "length",
    );
  });
}

Deno.test("Strings walks over the strings of TXT", () => {
  const strings = new dns.Txt().over(record(16, "0161" + "00" + "026263"));
  assertEquals(strings.check(), undefined);
  const lengths = [];
  while (strings.next()) lengths.push(strings.stringEnd - strings.stringStart);
  assertEquals(lengths, [1, 0, 2]);
  strings.over(record(16, "0161" + "0262"));
  assertEquals(strings.check(), "length");
  assert(strings.next());
  assertFalse(strings.next());
  assertEquals(strings.reason, "length");
  // RFC 1035 section 3.3.14: one or more.
  assertEquals(strings.over(record(16, "")).check(), "truncated");
});

Deno.test("Caa.check() refuses a tag that is empty, odd or beyond the data (RFC 8659)", () => {
  const caa = new dns.Caa();
  for (
    const [data, reason] of [
      ["0000", "malformed"],
      ["00016100", undefined],
      ["00012d", "malformed"],
      ["000261", "length"],
      ["00", "truncated"],
    ] as const
  ) assertEquals(caa.over(record(257, data)).check(), reason, data);
});

Deno.test("Dnskey.keyTag is the one of RFC 4034 section 5.4", () => {
  // The key of dskey.example.com, whose DS record names tag 60485.
  const key = atob(
    "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZ" +
      "DRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9Xzc" +
      "nOf+EPbtG9DMBmADjFDc2w/rljwvFw==",
  );
  const data = "0100" + "03" + "05" +
    hex(Uint8Array.from(key, (c) => c.charCodeAt(0)));
  const dnskey = new dns.Dnskey().over(record(48, data));
  assertEquals(dnskey.check(), undefined);
  assertEquals(dnskey.keyTag, 60485);
  assert(dnskey.isZoneKey);
  assertFalse(dnskey.isEntryPoint);
  assertEquals([dnskey.algorithm, dnskey.keyStart], [5, dnskey.start + 4]);
  assertEquals(dnskey.over(record(48, "01000405")).check(), "malformed");
  assertEquals(dnskey.over(record(48, "010003")).check(), "truncated");
});

Deno.test("SvcParams walks over parameters in the order of their keys (RFC 9460 section 2.2)", () => {
  // 16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 port=53 …
  const data = "0010" + "03666f6f076578616d706c65036f726700" +
    "0000" + "0004" + "0001" + "0004" +
    "0001" + "0009" + "026832" + "0568332d3139" +
    "0003" + "0002" + "0035" +
    "0004" + "0004" + "c0000201";
  const svcb = new dns.Svcb().over(record(64, data));
  assertEquals(svcb.check(), undefined);
  const parameters = new dns.SvcParams().over(svcb);
  const keys = [];
  const strings = new dns.Strings();
  const protocols: number[] = [];
  while (parameters.next()) {
    keys.push(dns.nameOfSvcKey(parameters.key));
    const { view, valueStart, valueEnd } = parameters;
    if (parameters.key === dns.SvcKey.PORT) assertEquals(parameters.port, 53);
    else assertEquals(parameters.port, -1);
    if (parameters.key !== dns.SvcKey.ALPN) continue;
    strings.wrap(view, valueStart, valueEnd);
    while (strings.next()) {
      protocols.push(strings.stringEnd - strings.stringStart);
    }
  }
  assertEquals(keys, ["mandatory", "alpn", "port", "ipv4hint"]);
  assertEquals(protocols, [2, 5]);
  assertEquals(parameters.reason, undefined);
});

for (
  const [why, parameters, reason] of [
    ["has none", "", undefined],
    ["repeats a key", "0001000000010000", "malformed"],
    ["has keys out of order", "0002000000010000", "malformed"],
    ["ends within a key", "0001000000", "truncated"],
    ["has a value beyond the data", "0001000102" + "00020001", "length"],
    ["has the greatest key", "ffff0000", undefined],
  ] as const
) {
  Deno.test(`Svcb.check() finds ${reason ?? "nothing"} when the list of parameters ${why} (RFC 9460 section 2.2)`, () => {
    const data = "0001" + "00" + parameters;
    assertEquals(new dns.Svcb().over(record(65, data)).check(), reason);
  });
}

Deno.test("Opt reads what RFC 6891 section 6.1.3 has in class and time to live", () => {
  // A client subnet (RFC 7871), a cookie (RFC 7873), and padding.
  const data = "0008" + "0007" + "0001" + "18" + "00" + "c00002" +
    "000a" + "0008" + "0102030405060708" + "000c" + "0000";
  const opt = new dns.Opt().over(record(41, data, 1232, 0x01008000));
  assertEquals(opt.check(), undefined);
  assertEquals(readAll(opt), {
    udpSize: 1232,
    extendedRcode: 1,
    version: 0,
    dnssecOk: true,
  });
  const options = new dns.EdnsOptions().over(opt);
  const { view } = opt;
  assert(options.next());
  assertEquals(options.code, dns.OptionCode.CLIENT_SUBNET);
  const subnet = new dns.ClientSubnet();
  subnet.wrap(view, options.valueStart, options.valueEnd);
  assertEquals(subnet.check(), undefined);
  assertEquals(readAll(subnet), {
    family: 1,
    sourcePrefix: 24,
    scopePrefix: 0,
    addressStart: options.valueStart + 4,
  });
  assert(options.next());
  assertEquals(options.code, dns.OptionCode.COOKIE);
  const cookie = new dns.Cookie();
  cookie.wrap(view, options.valueStart, options.valueEnd);
  assertEquals(cookie.check(), undefined);
  assertEquals(cookie.serverStart, options.valueEnd);
  assert(options.next());
  assertEquals(options.valueStart, options.valueEnd);
  assertFalse(options.next());
  assertEquals(options.reason, undefined);
  assertEquals(opt.over(record(41, data + "00")).check(), "truncated");
  assertEquals(opt.over(record(41, data + "00000001")).check(), "length");
});

for (
  const [why, data, reason] of [
    ["asks for no network", "00010000", undefined],
    ["has 25 bits in 4 octets", "00011900c0000280", undefined],
    ["has 25 bits in 3 octets", "00011900c00002", "length"],
    ["has 24 bits in 4 octets", "00011800c0000200", "length"],
    ["has 33 bits of IPv4", "000121000000000000", "malformed"],
    ["has 129 bits of IPv6", "00028100" + "00".repeat(17), "malformed"],
    ["has a longer scope than an address", "00010021", "malformed"],
    ["is short", "000118", "truncated"],
  ] as const
) {
  Deno.test(`ClientSubnet.check() finds ${reason ?? "nothing"} when it ${why} (RFC 7871)`, () => {
    const view = exactly(octets(data));
    const subnet = new dns.ClientSubnet();
    assertEquals(subnet.wrap(view, 0, view.byteLength).check(), reason);
  });
}

Deno.test("Cookie.check() takes 8 or 16 to 40 octets (RFC 7873 section 4)", () => {
  const cookie = new dns.Cookie();
  const view = exactly(new Uint8Array(50));
  const taken = Array.from(Array(50).keys()).filter((length) =>
    cookie.wrap(view, 0, length).check() === undefined
  );
  assertEquals(taken, [8, ...Array.from(Array(25).keys(), (i) => 16 + i)]);
});

Deno.test("Framing cuts a stream into whole messages (RFC 1035 section 4.2.2)", () => {
  const view = exactly(octets("0001aa" + "0000" + "0002bbcc" + "0003dd"));
  const framing = new dns.Framing().wrap(view, 0, view.byteLength);
  const found = [];
  while (framing.next()) found.push([framing.start, framing.end]);
  assertEquals(found, [[2, 3], [5, 5], [7, 9]]);
  assertEquals(framing.end, 9);
  assertFalse(framing.wrap(view, 0, 0).next());
  assertFalse(framing.wrap(view, 0, 1).next());
  dns.Framing.emit(view, 0, 0x0102);
  assertEquals(view.getUint16(0), 0x0102);
});

Deno.test("nameOf functions give mnemonics, and numbers as RFC 3597 section 5 writes them", () => {
  assertEquals(dns.nameOfType(28), "AAAA");
  assertEquals(dns.nameOfType(65280), "TYPE65280");
  assertEquals(dns.nameOfClass(1), "IN");
  assertEquals(dns.nameOfClass(32), "CLASS32");
  assertEquals(dns.nameOfOpcode(5), "UPDATE");
  assertEquals(dns.nameOfOpcode(3), "OPCODE3");
  assertEquals(dns.nameOfRcode(3), "NXDOMAIN");
  assertEquals(dns.nameOfRcode(24), "RCODE24");
  assertEquals(dns.nameOfSvcKey(2), "no-default-alpn");
  assertEquals(dns.nameOfSvcKey(65280), "key65280");
});

Deno.test("Every typed record reads back as Writer wrote it", () => {
  const name = dns.parseName("a.b.example.com");
  const words = Int32Array.of(9, 1, -2, 3, -4);
  fc.assert(
    fc.property(
      short,
      short,
      short,
      long,
      long,
      word,
      fc.uint8Array({ maxLength: 255 }),
      (x, y, z, ttl, serial, address, text) => {
        const view = exactly(new Uint8Array(2048));
        const writer = new dns.Writer();
        writer.begin(view, 0, 2048);
        writer.a(ANSWER, OWNER, ttl, address);
        writer.aaaa(ANSWER, OWNER, ttl, words, 1);
        writer.target(ANSWER, OWNER, dns.Type.CNAME, ttl, name);
        writer.mx(ANSWER, OWNER, ttl, x, name);
        writer.soa(ANSWER, OWNER, ttl, name, OWNER, serial, x, y, z, ttl);
        writer.srv(ANSWER, OWNER, ttl, x, y, z, name);
        writer.txt(ANSWER, OWNER, ttl, text);
        writer.caa(ANSWER, OWNER, ttl, x & 255, octets("61"), text);
        writer.openSvcb(ANSWER, OWNER, dns.Type.HTTPS, ttl, x, name);
        writer.parameter(y, text);
        assertEquals(writer.close(), "written");
        writer.openOpt(x, (y & 1) === 1, y & 255, z & 255);
        writer.parameter(z, text);
        assertEquals(writer.close(), "written");
        assertEquals(writer.header.additionalCount, 1);

        const header = new dns.View(view, 0, writer.length);
        const records = new dns.Records().over(header);
        const take = <T extends dns.Data & { check(): unknown }>(
          data: T,
        ): T => {
          assert(records.next());
          assertEquals(data.over(records).check(), undefined);
          return data;
        };
        assertEquals(take(new dns.A()).address, address);
        assertEquals(records.ttl, ttl);
        const { w0, w1, w2, w3 } = take(new dns.Aaaa());
        assertEquals([w0, w1, w2, w3], [1, -2, 3, -4]);
        assert(take(new dns.Target()).target.matches(name));
        const mx = take(new dns.Mx());
        assert(mx.exchange.matches(name));
        assertEquals(mx.preference, x);
        const soa = take(new dns.Soa());
        assert(soa.primary.matches(name) && soa.mailbox.matches(OWNER));
        assertEquals(
          [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum],
          [serial, x, y, z, ttl],
        );
        const srv = take(new dns.Srv());
        assert(srv.target.matches(name));
        assertEquals([srv.priority, srv.weight, srv.port], [x, y, z]);
        const txt = take(new dns.Txt());
        assert(txt.next());
        assertEquals(
          octetsOf(view).slice(txt.stringStart, txt.stringEnd),
          text,
        );
        const caa = take(new dns.Caa());
        assertEquals(octetsOf(view).slice(caa.tagEnd, caa.end), text);
        assertEquals(caa.flags, x & 255);
        const svcb = take(new dns.Svcb());
        assertEquals(svcb.priority, x);
        const parameters = new dns.SvcParams().over(svcb);
        assert(parameters.next());
        assertEquals(parameters.key, y);
        assertEquals(
          octetsOf(view).slice(parameters.valueStart, parameters.valueEnd),
          text,
        );
        const opt = take(new dns.Opt());
        assertEquals(records.section, ADDITIONAL);
        assertEquals(
          [opt.udpSize, opt.dnssecOk, opt.extendedRcode, opt.version],
          [x, (y & 1) === 1, y & 255, z & 255],
        );
        const options = new dns.EdnsOptions().over(opt);
        assert(options.next());
        assertEquals(options.code, z);
        assertFalse(records.next());
        assertEquals(records.reason, undefined);
      },
    ),
  );
});

const cursors = [
  new dns.A(),
  new dns.Aaaa(),
  new dns.Target(),
  new dns.Mx(),
  new dns.Soa(),
  new dns.Srv(),
  new dns.Txt(),
  new dns.Caa(),
  new dns.Svcb(),
  new dns.Opt(),
  new dns.Ds(),
  new dns.Dnskey(),
  new dns.Rrsig(),
];

/** Reads all there is, by every cursor that agrees; says how many records. */
function exhaust(view: DataView): number {
  const header = new dns.View(view);
  if (header.check() !== undefined) return 0;
  readAll(header);
  const questions = new dns.Questions().over(header);
  while (questions.next()) readAll(questions);
  const records = new dns.Records().over(header);
  let count = 0;
  while (records.next()) {
    readAll(records);
    count++;
    for (const cursor of cursors) {
      if (cursor.over(records).check() === undefined) readAll(cursor);
    }
  }
  read(view, 0, view.byteLength);
  return count;
}

Deno.test("A14 no random or mutated message throws, hangs or is read outside", () => {
  const change = fc.tuple(short, fc.nat(255));
  const view = exactly(new Uint8Array(16384));
  const writer = new dns.Writer();
  fc.assert(
    fc.property(
      anyMessage,
      fc.array(change, { maxLength: 6 }),
      short,
      (message, changes, cut) => {
        write(writer, message, view, 0, 16384);
        const { length } = writer;
        const bytes = octetsOf(view).slice(
          0,
          length - (cut & 1 ? cut % length : 0),
        );
        for (const [at, octet] of changes) {
          if (bytes.length > 0) bytes[at % bytes.length] = octet;
        }
        exhaust(exactly(bytes));
      },
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      exhaust(exactly(bytes));
    }),
  );
});

/**
 * A message of `length` octets: 96 labels, and 31 names, each a label and a
 * pointer to the one in front, all as data of a first record; then as
 * many records as there is room for, each owned by the last of the names.
 */
function pointers(length: number): DataView {
  const view = exactly(new Uint8Array(length));
  view.setUint16(6, 65535);
  view.setUint16(13, dns.Type.NULL);
  view.setUint16(21, 96 * 2 + 1 + 31 * 4);
  for (let i = 0; i < 96; i++) view.setUint16(23 + 2 * i, 0x0161);
  let last = 23;
  let at = 23 + 96 * 2 + 1;
  for (let i = 0; i < 31; i++) {
    view.setUint16(at, 0x0161);
    view.setUint16(at + 2, 0xc000 | last);
    last = at;
    at += 4;
  }
  for (; at + 12 <= length; at += 12) view.setUint16(at, 0xc000 | last);
  return view;
}

Deno.test("A14 64 KiB of pointers are walked in 127 labels and 32 pointers per record", () => {
  const view = pointers(65520);
  const records = new dns.Records().over(new dns.View(view));
  let count = 0;
  let labels = 0;
  while (records.next()) {
    count++;
    labels += records.name.labels;
  }
  assertEquals(records.reason, "truncated");
  assertEquals(count, 1 + Math.floor((65520 - 23 - 193 - 124) / 12));
  assertEquals(labels, 127 * (count - 1));
  assertEquals(exhaust(view), count);
  // One octet more, and each of the names is too long.
  view.setUint16(23 + 95 * 2, 0x0261);
  assertEquals(walk(records.over(new dns.View(view))), [1, "malformed"]);
});
