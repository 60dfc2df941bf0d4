import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as ipv4 from "./ipv4_address.ts";
import { conformanceTest, vectors } from "./_oracle_test_util.ts";
import { word } from "./_property_test_util.ts";

const { Address, Cidr } = ipv4;

Deno.test("Address prints what it parses", () => {
  fc.assert(fc.property(word, (value) => {
    const text = `${new Address(value)}`;
    assertEquals(Address.parse(text).value, value);
    assertEquals(text, ipv4.format(value));
  }));
});

/** The grammar as an expression: the oracle for the parser by hand. */
const FIELD = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const GRAMMAR = new RegExp(`^${FIELD}\\.${FIELD}\\.${FIELD}\\.${FIELD}$`);

Deno.test("Address.parse() accepts what the grammar does and nothing else", () => {
  const field = fc.oneof(
    fc.nat(300).map(String),
    fc.constantFrom("", "00", "01", " 1", "+1", "-0", "0x1", "1e1", "1000"),
  );
  const near = fc.array(field, { minLength: 3, maxLength: 5 })
    .map((fields) => fields.join("."));
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ maxLength: 20 })), (text) => {
      assertEquals(Address.tryParse(text) !== undefined, GRAMMAR.test(text));
    }),
    { numRuns: 1000 },
  );
});

for (
  const [why, text, position] of [
    ["is empty", "", 0],
    ["has three fields", "1.2.3", 5],
    ["has five fields", "1.2.3.4.5", 7],
    ["ends in a dot", "1.2.3.", 6],
    ["begins with a dot", ".1.2.3.4", 0],
    ["has an empty field", "1..2.3", 2],
    ["has a field over 255", "1.2.256.3", 4],
    ["has a leading zero", "1.2.03.4", 4],
    ["is octal", "012.1.1.1", 0],
    ["is hexadecimal", "0x7f.1", 0],
    ["is a short form", "127.1", 5],
    ["has another alphabet", "٠.0.0.0", 0],
    ["has a zone", "1.2.3.4%eth0", 6],
    ["has a newline", "1.2.3.4\n", 6],
    ["is mapped into IPv6", "::ffff:127.0.0.1%x", 0],
  ] as const
) {
  Deno.test(`A17 Address.parse() names the place when the text ${why}`, () => {
    const error = assertThrows(() => Address.parse(text), ipv4.AddressError);
    assertEquals(error.position, position);
    assertEquals(error.text, text);
    assertEquals(Address.tryParse(text), undefined);
  });
}

Deno.test("Address.parse() says what it expected, and where", () => {
  const error = assertThrows(() => Address.parse("1.2.03.4"), SyntaxError);
  assertEquals(
    error.message,
    'Cannot parse "1.2.03.4" as an IPv4 address: expected 0..255 without leading zero at "03.4"',
  );
});

Deno.test("A17 of a megabyte of digits the beginning is read, for a short message", () => {
  for (const unit of ["1", "1.", "0", "."]) {
    const text = unit.repeat(1 << 20);
    const error = assertThrows(() => Address.parse(text), ipv4.AddressError);
    assert(error.message.length < 300);
    assert(error.position < 16, `stopped at ${error.position}`);
    assertThrows(() => Cidr.parse(text), ipv4.AddressError);
    assertThrows(() => Cidr.parse("1.1.1.1/" + text), ipv4.AddressError);
  }
});

interface Vectors {
  ipv4: {
    valid: { input: string; bytes: string; text: string }[];
    invalid: { input: string; why: string }[];
  };
  prefix: {
    valid: {
      input: string;
      address: string;
      length: number;
      network: string;
      first: string;
      last: string;
      mask: string;
    }[];
    invalid: { input: string; why: string }[];
  };
  classes: {
    cases: {
      input: string;
      unspecified: boolean;
      loopback: boolean;
      link_local: boolean;
      multicast: boolean;
      private_rfc1918_or_ula: boolean;
      limited_broadcast: boolean;
    }[];
  };
}

conformanceTest("Address agrees with the ipv4 rows of addresses.json", () => {
  const { ipv4: { valid, invalid } } = vectors<Vectors>("addresses");
  for (const { input, bytes, text } of valid) {
    assertEquals(Address.parse(input).value, parseInt(bytes, 16) | 0);
    assertEquals(`${Address.parse(input)}`, text);
  }
  for (const { input, why } of invalid) {
    assertEquals(Address.tryParse(input), undefined, why);
  }
});

conformanceTest("Cidr agrees with the prefix rows of addresses.json", () => {
  const { prefix } = vectors<Vectors>("addresses");
  for (const row of prefix.valid) {
    if (row.input.includes(":")) continue;
    const cidr = Cidr.parse(row.input);
    assertEquals(`${cidr}`, row.input);
    assertEquals(`${cidr.address}`, row.address);
    assertEquals(cidr.prefixLength, row.length);
    assertEquals(`${cidr.network}`, row.network);
    assertEquals(ipv4.format(cidr.first), row.first);
    assertEquals(ipv4.format(cidr.last), row.last);
    assertEquals(`${cidr.netmask}`, row.mask);
    const again = Cidr.fromNetmask(cidr.address, cidr.netmask);
    assert(again.equals(cidr), row.input);
  }
  for (const { input, why } of prefix.invalid) {
    assertEquals(Cidr.tryParse(input), undefined, why);
    assertThrows(() => Cidr.parse(input), ipv4.AddressError);
  }
});

conformanceTest("Address agrees with the classes of addresses.json", () => {
  for (const row of vectors<Vectors>("addresses").classes.cases) {
    if (row.input.includes(":")) continue;
    const address = Address.parse(row.input);
    assertEquals(
      [
        address.isUnspecified,
        address.isLoopback,
        address.isLinkLocal,
        address.isMulticast,
        address.isPrivate,
        address.isBroadcast,
      ],
      [
        row.unspecified,
        row.loopback,
        row.link_local,
        row.multicast,
        row.private_rfc1918_or_ula,
        row.limited_broadcast,
      ],
      row.input,
    );
  }
});

// Address, then whether: this network, loopback, link-local, private,
// multicast, broadcast, reserved, unicast (RFC 1122 3.2.1.3, 1918, 3927, 1112).
for (
  const [text, classes] of [
    ["0.0.0.0", "t......."],
    ["0.255.255.255", "t......."],
    ["9.255.255.255", ".......u"],
    ["10.0.0.0", "...p...u"],
    ["11.0.0.0", ".......u"],
    ["127.0.0.0", ".l.....u"],
    ["127.255.255.255", ".l.....u"],
    ["128.0.0.0", ".......u"],
    ["169.253.255.255", ".......u"],
    ["169.254.0.0", "..k....u"],
    ["169.255.0.0", ".......u"],
    ["172.15.255.255", ".......u"],
    ["172.16.0.0", "...p...u"],
    ["172.31.255.255", "...p...u"],
    ["172.32.0.0", ".......u"],
    ["192.168.0.0", "...p...u"],
    ["192.169.0.0", ".......u"],
    ["223.255.255.255", ".......u"],
    ["224.0.0.0", "....m..."],
    ["239.255.255.255", "....m..."],
    ["240.0.0.0", "......r."],
    ["255.255.255.254", "......r."],
    ["255.255.255.255", ".....b.."],
  ] as const
) {
  Deno.test(`${text} is of the classes ${classes}`, () => {
    const { value } = Address.parse(text);
    const found = [
      [ipv4.isThisNetwork, "t"],
      [ipv4.isLoopback, "l"],
      [ipv4.isLinkLocal, "k"],
      [ipv4.isPrivate, "p"],
      [ipv4.isMulticast, "m"],
      [ipv4.isBroadcast, "b"],
      [ipv4.isReserved, "r"],
      [ipv4.isUnicast, "u"],
    ] as const;
    assertEquals(
      found.map(([is, letter]) => is(value) ? letter : ".").join(""),
      classes,
    );
    const address = new Address(value);
    assertEquals(address.isReserved, ipv4.isReserved(value));
    assertEquals(address.isUnicast, ipv4.isUnicast(value));
  });
}

Deno.test("Address.of() takes octets most significant first", () => {
  assertEquals(`${Address.of(192, 0, 2, 1)}`, "192.0.2.1");
  assertEquals(Address.of(255, 255, 255, 255).value, -1);
  assertEquals(new Address(0xc0000201).value, 0xc0000201 | 0);
});

Deno.test("Cidr has first, last and mask of every length", () => {
  for (let length = 0; length <= 32; length++) {
    const cidr = new Cidr(Address.parse("203.0.113.77"), length);
    const host = 2 ** (32 - length);
    const value = 0xcb00714d;
    const first = Math.floor(value / host) * host;
    assertEquals(cidr.first >>> 0, first);
    assertEquals(cidr.last >>> 0, first + host - 1);
    assertEquals(cidr.mask >>> 0, 2 ** 32 - host);
    assert(cidr.contains(value | 0));
    assert(cidr.contains(cidr.first) && cidr.contains(cidr.last));
    assertEquals(cidr.contains((first - 1) | 0), length === 0);
    assertEquals(cidr.contains((first + host) | 0), length === 0);
  }
});

Deno.test("Cidr has no broadcast when it is a /31 or a /32 (RFC 3021)", () => {
  assertEquals(`${Cidr.parse("192.0.2.1/24").broadcast}`, "192.0.2.255");
  assertEquals(`${Cidr.parse("192.0.2.1/30").broadcast}`, "192.0.2.3");
  assertEquals(Cidr.parse("192.0.2.1/31").broadcast, undefined);
  assertEquals(Cidr.parse("192.0.2.1/32").broadcast, undefined);
  const pair = Cidr.parse("192.0.2.0/31");
  assertFalse(pair.accepts(Address.parse("192.0.2.1").value));
  assert(pair.accepts(Address.parse("192.0.2.0").value));
});

for (
  const [text, accepted] of [
    ["192.0.2.1", true],
    ["192.0.2.255", true],
    ["255.255.255.255", true],
    ["192.0.2.0", false],
    ["192.0.2.2", false],
    ["192.0.3.255", false],
    ["224.0.0.1", false],
  ] as const
) {
  Deno.test(`Cidr 192.0.2.1/24 ${accepted ? "accepts" : "refuses"} ${text}`, () => {
    const cidr = Cidr.parse("192.0.2.1/24");
    assertEquals(cidr.accepts(Address.parse(text).value), accepted);
  });
}

for (let length = 0; length <= 32; length++) {
  Deno.test(`ethox 2.1.4 Cidr.fromNetmask() reads the netmask of /${length}`, () => {
    const mask = new Address(ipv4.netmask(length));
    assertEquals(
      Cidr.fromNetmask(Address.LOOPBACK, mask).prefixLength,
      length,
    );
  });
}

Deno.test("Cidr.fromNetmask() throws PrefixError when the ones have gaps", () => {
  for (const mask of ["255.0.255.0", "0.0.0.1", "127.255.255.255"]) {
    assertThrows(
      () => Cidr.fromNetmask(Address.LOOPBACK, Address.parse(mask)),
      ipv4.PrefixError,
      mask,
    );
  }
});

Deno.test("Cidr throws PrefixError when the length is not in 0..32", () => {
  for (const length of [-1, 33, 1.5, NaN]) {
    assertThrows(
      () => new Cidr(Address.LOOPBACK, length),
      ipv4.PrefixError,
      `${length}`,
    );
  }
});

Deno.test("Cidr.includes() compares whole networks", () => {
  const wide = Cidr.parse("10.0.0.0/8");
  assert(wide.includes(Cidr.parse("10.1.0.0/16")));
  assert(wide.includes(wide));
  assertFalse(Cidr.parse("10.1.0.0/16").includes(wide));
  assertFalse(wide.includes(Cidr.parse("11.0.0.0/8")));
  assert(Cidr.parse("0.0.0.0/0").includes(wide));
});
