import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as bpf from "./bpf.ts";
import * as filter from "./filter.ts";
import { parse } from "./_filter_parser.ts";
import {
  ARP,
  ETHERNET_FILTERS,
  evaluate,
  FILTERS,
  frame,
  FRAMES,
  TAGGED,
  TCP4,
  TCP6,
  textOf,
  UDP4,
} from "./_filter_test_util.ts";
import { exactly } from "./_property_test_util.ts";

function matches(text: string, octets: Uint8Array, linkType = 1): boolean {
  const view = exactly(octets);
  return filter.compile(text, { linkType, netmask: 0xffffff00 | 0 })
    .matches(view, 0, view.byteLength);
}

// What each of these is, is said beside its octets.
for (
  const [text, ...wanted] of [
    ["tcp", true, false, true, false, false],
    ["ip", true, true, false, false, false],
    ["ip6", false, false, true, false, false],
    ["arp", false, false, false, true, false],
    ["vlan", false, false, false, false, true],
    ["vlan 7 and udp port 53", false, false, false, false, true],
    ["vlan 8", false, false, false, false, false],
    ["udp port 53", false, true, false, false, false],
    ["udp port 54 or 53", false, true, false, false, false],
    ["src port 1024", true, false, false, false, false],
    ["dst port 1024", false, false, false, false, false],
    ["portrange 52-54", false, true, false, false, false],
    ["src host 192.0.2.1", true, true, false, true, false],
    ["host 192.0.2.1 and 192.0.2.2", true, true, false, true, false],
    ["net 192.0.2", true, true, false, true, false],
    ["net 192.0.2.0 mask 255.255.255.0", true, true, false, true, false],
    ["dst net 2001:db8::/32", false, false, true, false, false],
    ["host 2001:db8::2", false, false, true, false, false],
    ["2001:db8::2 or 192.0.2.9", false, false, true, false, false],
    ["ether src 02:00:00:00:00:01", true, true, true, true, true],
    ["ether broadcast", false, false, false, true, false],
    ["tcp[tcpflags] & tcp-syn != 0", true, false, false, false, false],
    ["ip6[6] = 6 and ip6[53] & 2 != 0", false, false, true, false, false],
    ["ip broadcast", false, false, false, false, false],
    ["greater 60", false, false, true, false, false],
  ] as const
) {
  Deno.test(`Filter.matches() reads "${text}"`, () => {
    for (const [i, octets] of [TCP4, UDP4, TCP6, ARP, TAGGED].entries()) {
      assertEquals(matches(text, octets), wanted[i], `frame ${i}`);
    }
  });
}

for (
  const [text, position, problem] of [
    ["foo", 0, "a condition"],
    ["tcp or", 6, "a condition"],
    ["tcp udp", 4, '"and", "or"'],
    ["(tcp", 4, '")"'],
    ["tcp)", 3, '"and", "or"'],
    ["()", 1, "a condition"],
    ["host", 4, '"host" is about'],
    ["host www.example.org", 5, "names are not looked up"],
    ["host 192.0.2.256", 5, "an IP address"],
    ["host 192.0.2", 5, "a whole address"],
    ["host 192.0.2.1/32", 5, "a whole address"],
    ["host 02:00:00:00:00:01", 5, '"ether"'],
    ["host fe80::1%eth0", 12, '"and", "or"'],
    ["host 2001:db8::/32", 5, "a whole address"],
    ["net 192.0.2.1/24", 4, "beside the mask"],
    ["net 2001:db8::1/32", 4, "beside the mask"],
    ["net 192.0.2.0/33", 14, "more than 32"],
    ["net 192.0.2.0 mask 255", 4, "beside the mask"],
    ["ip6 host 192.0.2.1", 9, '"ip6" does not go'],
    ["ip host ::1", 8, '"ip" does not go'],
    ["tcp host 192.0.2.1", 9, '"tcp" does not go'],
    ["ip port 80", 8, '"ip" does not go'],
    ["port http", 5, "a port number"],
    ["port 080", 5, "leading zero"],
    ["port 65536", 5, "more than 65535"],
    ["portrange 1-2-3", 10, "two ports"],
    ["src 80", 4, "a whole address"],
    ["src proto 6", 4, "no direction"],
    ["proto 256", 6, "more than 255"],
    ["proto bar", 6, "a known protocol"],
    ["ether proto bar", 12, "a known EtherType"],
    ["ether host 1", 11, "an Ethernet address"],
    ["ether", 5, '"ether" is about'],
    ["vlan 4096", 5, "more than 4095"],
    ["tcp or 80", 7, "a condition"],
    ["vlan 5 or 6", 10, "a condition"],
    ["ip broadcast and arp", 3, "the netmask"],
    ["ip6 broadcast", 4, '"ip6" does not go'],
    ["ip[0]", 5, "a relation"],
    ["ip[0] / 0 = 1", 6, "division by 0"],
    ["ip[0] << 32 = 1", 6, "shift by more than 31"],
    ["ip[0:3] = 1", 5, "1, 2 or 4"],
    ["ip[0 = 1", 5, '"]"'],
    ["ah[0] = 1", 0, "whose octets are known"],
    ["host 192.0.2.1 or 192.0.2.2 or 80", 31, "a whole address"],
    [`${"(".repeat(65)}ip${")".repeat(65)}`, 64, "nested"],
    [`${"!".repeat(100_000)}ip`, 65536, "longer than"],
    [`1${"+1".repeat(200)} = 1`, 257, "more than 128 operators"],
  ] as const
) {
  const short = text.length > 40 ? `${text.slice(0, 20)}…` : text;
  Deno.test(`compile() throws FilterError for "${short}"`, () => {
    const error = assertThrows(
      () => filter.compile(text),
      filter.FilterError,
      problem,
    );
    assertEquals(error.position, position, error.message);
    assertEquals(error.text, text);
    assert(error instanceof SyntaxError);
    assert(error.message.length < 300);
  });
}

Deno.test("compile() refuses link types it does not know, and what others lack", () => {
  assertThrows(
    () => filter.compile("ip", { linkType: 147 }),
    RangeError,
    "147",
  );
  for (const text of ["vlan", "ether host 1:2:3:4:5:6", "multicast"]) {
    assertThrows(
      () => filter.compile(text, { linkType: 101 }),
      filter.FilterError,
      "raw IP has no such field",
    );
  }
});

Deno.test("Filter.matches() refuses a packet whose octets end before what is asked, also under not", () => {
  assert(!matches("ether[60] = 1", TCP4));
  assert(!matches("not ether[60] = 1", TCP4));
  assert(matches("not ether[60] = 1", frame(TCP4, 61)));
  assert(!matches("ip[0] / ip[1] = 1 or ip", TCP4));
  // What stands in front decides first.
  assert(matches("ip or ether[60] = 1", TCP4));
});

Deno.test("Filter.matches() knows ports of first fragments only, and flags behind one fragment header", () => {
  const later = TCP4.slice();
  later[21] = 1;
  assert(matches("tcp", later));
  assert(!matches("tcp port 80", later));
  const fragment = TCP6.slice();
  fragment[20] = 44;
  fragment[54] = 6;
  assert(matches("tcp", fragment));
  assert(!matches("tcp port 80", fragment));
  assert(!matches("udp", fragment));
});

Deno.test("Filter.matches() takes the length on the wire where a packet was cut", () => {
  const view = exactly(TCP4);
  const long = filter.compile("greater 1000");
  assert(!long.matches(view, 0, view.byteLength));
  assert(long.matches(view, 0, view.byteLength, 1500));
  const length = filter.compile("len = 1500");
  assert(length.matches(view, 0, view.byteLength, 1500));
});

Deno.test("compile() binds and and or alike, from the left", () => {
  assert(!matches("ip or ip6 and udp", TCP4));
  assert(matches("ip or (ip6 and udp)", TCP4));
  assert(matches("not ip or ip", TCP4));
});

Deno.test("compile() tells brackets around numbers from brackets around conditions", () => {
  for (
    const text of [
      "(1 + 2) * 3 = 9",
      "((1 + 2) * 3 = 9)",
      "9 = (1 + 2) * 3 and (ip)",
      "((ip)) && (2) < (3)",
      "5-3 = 2 and 6/3 = 2 and -1 = 0xffffffff",
      "7 & 3 ^ 1 | 8 = 10",
      "1 << 2 + 1 = 8 and 7 - 2 - 1 = 4 and 7 % 4 = 3",
    ]
  ) assert(matches(text, TCP4), text);
});

Deno.test("Filter.matches() takes a port list of 500 in a row", () => {
  const ports = Array.from({ length: 500 }, (_, i) => 2000 + i);
  const text = `tcp port ${ports.join(" or ")}`;
  assert(!matches(text, TCP4));
  assert(matches(`${text} or 80`, TCP4));
});

const texts = textOf([...FILTERS, ...ETHERNET_FILTERS]);

Deno.test("Filter.matches(), Machine.run() and a slow reading agree on random filters and mutated frames", () => {
  let wanted = 0;
  let runs = 0;
  const property = fc.property(
    texts,
    fc.array(fc.constantFrom(...FRAMES), { minLength: 5, maxLength: 5 }),
    fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 3 }),
    fc.option(fc.nat(80), { nil: undefined }),
    fc.nat(20),
    (text, frames, changes, length, margin) => {
      const options = { netmask: 0xffffff00 | 0 };
      const mine = filter.compile(text, options);
      const machine = new bpf.Machine(bpf.compile(text, options));
      const condition = parse(text, {
        linkType: 1,
        netmask: options.netmask,
        fromKernel: false,
      });
      for (const original of frames) {
        const octets = original.slice(0, length);
        for (const [at, value] of changes) {
          if (at < octets.length) octets[at] = value;
        }
        const view = exactly(octets);
        const end = octets.length;
        const expected = evaluate(condition, view);
        assertEquals(mine.matches(view, 0, end), expected, text);
        assertEquals(machine.run(view, 0, end) > 0, expected, text);
        // The same in the midst of others, which must not tell.
        const around = new Uint8Array(margin + end + 300).fill(0xff);
        around.set(octets, margin);
        const inner = new DataView(around.buffer);
        assertEquals(mine.matches(inner, margin, margin + end), expected, text);
        assertEquals(
          machine.run(inner, margin, margin + end) > 0,
          expected,
          text,
        );
        runs++;
        if (expected) wanted++;
      }
    },
  );
  fc.assert(property, { numRuns: 2000 });
  // Neither answer is rare, or nothing was compared.
  assert(wanted > runs / 10 && wanted < runs * 0.9, `${wanted} of ${runs}`);
});

Deno.test("compile() throws nothing but FilterError, whatever the text", () => {
  const words = [
    ..."ip tcp host net port portrange proto src dst and or not ether vlan"
      .split(
        " ",
      ),
    ..."( ) [ ] : = != < > & && | || ! + - * / % ^ << >> 0 1 80 0x1f".split(
      " ",
    ),
    ..."192.0.2.1 ::1 2001:db8::/32 1:2:3:4:5:6 len less tcp-syn \\tcp".split(
      " ",
    ),
    ..."mask broadcast multicast ip6 icmp6".split(" "),
  ];
  let read = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((w) =>
          w.join(" ")
        ),
        fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((w) =>
          w.join("")
        ),
        fc.string({ maxLength: 40 }),
        fc.tuple(fc.constantFrom(...FILTERS), fc.nat(30), fc.string()).map(
          ([text, at, more]) => text.slice(0, at) + more + text.slice(at),
        ),
      ),
      (text) => {
        try {
          filter.compile(text);
          read++;
        } catch (error) {
          assert(error instanceof filter.FilterError, `${text}: ${error}`);
          assert(error.position >= 0 && error.position <= text.length);
        }
      },
    ),
    { numRuns: 20_000 },
  );
  assert(read > 100, `${read}`);
});
