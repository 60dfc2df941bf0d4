import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { combine, sum } from "./checksum.ts";
import * as ethernet from "./ethernet.ts";
import * as ipv4 from "./ipv4_address.ts";
import * as ipv6 from "./ipv6_address.ts";
import { conformanceTest, octets, vectors } from "./_oracle_test_util.ts";
import { exactly, octetsOf, word } from "./_property_test_util.ts";

const { Address, Cidr } = ipv6;

/** Words that are often 0 or have a half that is. */
const sparse = fc.oneof(
  word,
  fc.constant(0),
  fc.nat(0xffff),
  fc.nat(0xffff).map((half) => half << 16),
);
const address = fc.tuple(sparse, sparse, sparse, sparse).map(
  ([w0, w1, w2, w3]) => new Address(w0, w1, w2, w3),
);

function bytesOf(address: ipv6.Address): string {
  const view = exactly(new Uint8Array(16));
  address.write(view, 0);
  return octetsOf(view).toHex();
}

interface Vectors {
  ipv6: {
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
  mac: {
    valid: { input: string; bytes: string }[];
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
    }[];
  };
}

conformanceTest("Address agrees with the ipv6 rows of addresses.json", () => {
  const { ipv6: { valid, invalid } } = vectors<Vectors>("addresses");
  for (const { input, bytes, text } of valid) {
    assertEquals(bytesOf(Address.parse(input)), bytes, input);
    assertEquals(`${Address.parse(input)}`, text, input);
  }
  for (const { input, why } of invalid) {
    assertEquals(Address.tryParse(input), undefined, why);
    assertThrows(() => Address.parse(input), ipv6.AddressError);
  }
  const { rfc5952_pairs: pairs } = vectors<{
    rfc5952_pairs: { section: string; input: string; text: string }[];
  }>("addresses");
  for (const { section, input, text } of pairs) {
    assertEquals(`${Address.parse(input)}`, text, section);
  }
});

conformanceTest(
  "Cidr agrees with the IPv6 prefix rows of addresses.json",
  () => {
    const { prefix } = vectors<Vectors>("addresses");
    let rows = 0;
    for (const row of prefix.valid) {
      if (!row.input.includes(":")) continue;
      const cidr = Cidr.parse(row.input);
      assertEquals(`${cidr}`, row.input);
      assertEquals(`${cidr.address}`, row.address);
      assertEquals(cidr.prefixLength, row.length);
      assertEquals(`${cidr.network}`, row.network);
      assertEquals(`${cidr.network}`, row.first);
      assertEquals(`${cidr.last}`, row.last);
      assertEquals(`${cidr.netmask}`, row.mask);
      rows++;
    }
    assertEquals(rows, 5);
    for (const { input, why } of prefix.invalid) {
      assertEquals(Cidr.tryParse(input), undefined, why);
      assertThrows(() => Cidr.parse(input), ipv6.AddressError);
    }
  },
);

conformanceTest(
  "Address agrees with the IPv6 classes of addresses.json",
  () => {
    let rows = 0;
    for (const row of vectors<Vectors>("addresses").classes.cases) {
      if (!row.input.includes(":")) continue;
      const address = Address.parse(row.input);
      assertEquals(
        [
          address.isUnspecified,
          address.isLoopback,
          address.isLinkLocal,
          address.isMulticast,
          address.isUniqueLocal,
        ],
        [
          row.unspecified,
          row.loopback,
          row.link_local,
          row.multicast,
          row.private_rfc1918_or_ula,
        ],
        row.input,
      );
      rows++;
    }
    assertEquals(rows, 11);
  },
);

conformanceTest(
  "Address agrees with the derived rows of addresses.json",
  () => {
    const { derived } = vectors<{
      derived: {
        ipv6_interface_id: {
          mac: string;
          interface_id: string;
          link_local: string;
        }[];
        solicited_node: { address: string; group: string }[];
        multicast_mac: { group: string; mac: string }[];
      };
    }>("addresses");
    for (const row of derived.ipv6_interface_id) {
      const { high, low } = ethernet.Address.parse(row.mac);
      const local = Address.parse("fe80::").withEui64(high, low);
      assertEquals(`${local}`, row.link_local);
      assertEquals(
        bytesOf(local).slice(16),
        row.interface_id.replaceAll(":", ""),
      );
    }
    for (const { address, group } of derived.solicited_node) {
      assertEquals(`${Address.parse(address).solicitedNode}`, group);
      assert(Address.parse(group).isSolicitedNode);
      assertFalse(Address.parse(address).isSolicitedNode);
    }
    for (const { group, mac } of derived.multicast_mac) {
      const address = group.includes(":")
        ? ethernet.Address.multicast6(Address.parse(group).w3)
        : ethernet.Address.multicast4(ipv4.Address.parse(group).value);
      assertEquals(`${address}`, mac);
    }
  },
);

conformanceTest(
  "ethernet.Address agrees with the mac rows of addresses.json",
  () => {
    const { mac } = vectors<Vectors>("addresses");
    for (const { input, bytes } of mac.valid) {
      const { high, low } = ethernet.Address.parse(input);
      const view = exactly(octets(bytes));
      assertEquals([high, low], [view.getUint16(0), view.getInt32(2)], input);
    }
    for (const { input, why } of mac.invalid) {
      assertEquals(ethernet.Address.tryParse(input), undefined, why);
    }
  },
);

Deno.test("Address prints what it parses", () => {
  fc.assert(fc.property(address, (address) => {
    assert(Address.parse(`${address}`).equals(address), `${address}`);
    assert(Address.parse(`${address}`.toUpperCase()).equals(address));
    assert(Address.parseHost(address.toHost()).equals(address));
  }));
});

Deno.test("Address prints what RFC 5952 section 4 demands", () => {
  fc.assert(fc.property(address, (address) => {
    const text = `${address}`;
    if (address.isIpv4Mapped) return;
    assertFalse(/(^|:)0[0-9a-f]/.test(text), "4.1: no leading zeros");
    assertEquals(text, text.toLowerCase(), "4.3: lower case");
    const runs = bytesOf(address).match(/..../g)!
      .map((field) => field === "0000" ? "0" : "x").join("")
      .match(/0+/g) ?? [];
    const longest = Math.max(0, ...runs.map((run) => run.length));
    assertEquals(text.includes("::"), longest > 1, "4.2.2: no single field");
    if (longest < 2) return;
    const [before, after] = text.split("::", 2) as [string, string];
    const shown = (part: string) => part === "" ? 0 : part.split(":").length;
    assertEquals(8 - shown(before) - shown(after), longest, "4.2.1: as much");
    // 4.2.3: of runs of the same length the first.
    const zeros = before.split(":").map((field) => field === "0" ? "0" : "x");
    assertFalse(zeros.join("").includes("0".repeat(longest)));
  }));
});

/** The grammar of RFC 3986 section 3.2.2 as an expression. */
const H16 = "[0-9A-Fa-f]{1,4}";
const OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const LS32 = `(${H16}:${H16}|${OCTET}(\\.${OCTET}){3})`;
const GRAMMAR = new RegExp(
  "^(" + [
    `(${H16}:){6}${LS32}`,
    `::(${H16}:){5}${LS32}`,
    `(${H16})?::(${H16}:){4}${LS32}`,
    `((${H16}:){0,1}${H16})?::(${H16}:){3}${LS32}`,
    `((${H16}:){0,2}${H16})?::(${H16}:){2}${LS32}`,
    `((${H16}:){0,3}${H16})?::${H16}:${LS32}`,
    `((${H16}:){0,4}${H16})?::${LS32}`,
    `((${H16}:){0,5}${H16})?::${H16}`,
    `((${H16}:){0,6}${H16})?::`,
  ].join("|") + ")$",
);

Deno.test("Address.parse() accepts what the grammar does and nothing else", () => {
  const field = fc.oneof(
    { weight: 8, arbitrary: fc.nat(0xffff).map((field) => field.toString(16)) },
    fc.constantFrom("", "", "00000", "1.2.3.4", "01.2.3.4", "g", " 1", "-1"),
  );
  const near = fc.array(field, { minLength: 2, maxLength: 9 })
    .map((fields) => fields.join(":"));
  const letters = fc.string({
    unit: fc.constantFrom("0", "1", "f", ":", "::", ".", "1:"),
    maxLength: 20,
  });
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(near, letters), (text) => {
      const expected = GRAMMAR.test(text);
      assertEquals(Address.tryParse(text) !== undefined, expected, text);
      if (expected) accepted++;
    }),
    { numRuns: 4000 },
  );
  assert(accepted > 20, `${accepted} texts accepted`);
});

for (
  const [why, text, position] of [
    ["is empty", "", 0],
    ["is one colon", ":", 0],
    ["is three colons", ":::", 2],
    ["has seven fields", "1:2:3:4:5:6:7", 13],
    ["has nine fields", "1:2:3:4:5:6:7:8:9", 16],
    ["has two gaps", "1::2::3", 5],
    ["has a gap for nothing", "1:2:3:4::5:6:7:8", 16],
    ["ends in a colon", "1:2:", 4],
    ["has five digits", "1:00000::", 2],
    ["has a letter", "1:g::", 2],
    ["has dots too late", "1:2:3:4:5:6:7:1.2.3.4", 14],
    ["has dots too early", "1.2.3.4::", 6],
    ["is IPv4", "127.1", 5],
    ["has an octal tail", "::ffff:012.0.0.1", 7],
    ["has a hexadecimal tail", "::ffff:0x7f.0.0.1", 8],
    ["has a zone and is IPv4", "::ffff:127.0.0.1%x", 16],
    ["has an empty zone", "fe80::1%", 8],
    ["has a zone with a slash", "fe80::1%a/b", 8],
    ["has a zone in a zone", "fe80::1%a%b", 8],
    ["has a zone with a space", "fe80::1%a b", 8],
    ["has a bracket", "[::1]", 0],
    ["has a newline", "::1\n", 3],
    ["has another alphabet", "::١", 2],
  ] as const
) {
  Deno.test(`A17 ipv6 Address.parse() names the place when the text ${why}`, () => {
    const error = assertThrows(() => Address.parse(text), ipv6.AddressError);
    assertEquals(error.position, position);
    assertEquals(error.text, text);
    assertEquals(Address.tryParse(text), undefined);
  });
}

Deno.test("A17 a megabyte of colons costs nothing and makes a short message", () => {
  for (const unit of ["1", "1:", "0", ":", "1.", "::", "%", "[", "]", "%25"]) {
    const text = unit.repeat(1 << 20);
    for (
      const parse of [
        () => Address.parse(text),
        () => Address.parse(`fe80::1%${text}`),
        () => Address.parseHost(text),
        () => Address.parseHost(`[fe80::1%25${text}`),
        () => Cidr.parse(text),
        () => Cidr.parse(`::/${text}`),
      ]
    ) {
      const error = assertThrows(parse, ipv6.AddressError);
      assert(error.message.length < 300, error.message);
    }
  }
});

Deno.test("Address keeps a zone in every text form (RFC 4007, RFC 6874)", () => {
  const address = Address.parse("FE80::1%eth0.1");
  assertEquals(address.zone, "eth0.1");
  assertEquals(`${address}`, "fe80::1%eth0.1");
  assertEquals(address.toHost(), "[fe80::1%25eth0.1]");
  assertEquals(`${Address.parseHost("[fe80::a%25en1]")}`, "fe80::a%en1");
  assertFalse(address.equals(Address.parse("fe80::1")));
  assert(address.withZone().equals(Address.parse("fe80::1")));
  assertEquals(`${Cidr.parse("fe80::1%eth0/64").network}`, "fe80::%eth0");
  const zone = fc.string({
    unit: fc.constantFrom(..."aZ09-._~@!'()*+$&\"\\^`{|}<>?=,;#:"),
    minLength: 1,
    maxLength: 63,
  });
  fc.assert(fc.property(zone, (zone) => {
    const scoped = new Address(0xfe800000, 0, 0, 1, zone);
    assert(Address.parse(`${scoped}`).equals(scoped));
    assert(Address.parseHost(scoped.toHost()).equals(scoped), scoped.toHost());
  }));
});

for (
  const [text, position] of [
    ["", 0],
    ["::1", 0],
    ["[::1", 4],
    ["[::1]]", 5],
    ["[::1]:80", 5],
    ["[fe80::1%eth0]", 8],
    ["[fe80::1%25]", 11],
    ["[fe80::1%25a%]", 11],
    ["[fe80::1%25%2f]", 9],
    ["[fe80::1%25%C3%A4]", 9],
    ["[::g]", 3],
  ] as const
) {
  Deno.test(`Address.parseHost() names the place in ${JSON.stringify(text)}`, () => {
    const error = assertThrows(
      () => Address.parseHost(text),
      ipv6.AddressError,
    );
    assertEquals(error.position, position, error.message);
  });
}

Deno.test("Address throws ZoneError when the zone cannot be read back", () => {
  for (const zone of ["a b", "a%b", "a/b", "]", "ä", "x".repeat(64)]) {
    assertThrows(() => new Address(0xfe800000, 0, 0, 1, zone), ipv6.ZoneError);
  }
  assertThrows(() => new Address(0, 0, 0xffff, 1, "eth0"), ipv6.ZoneError);
});

// Address, its scope (RFC 4291 2.5 and 2.7, 7346), then whether: unspecified,
// loopback, link-local, site-local, unique local, documentation, mapped,
// multicast, solicited-node, unicast.
for (
  const [text, scope, classes] of [
    ["::", 14, "o........."],
    ["::1", 2, ".l.......u"],
    ["::2", 14, ".........u"],
    ["::1:0:0:1", 14, ".........u"],
    ["0:0:1::1", 14, ".........u"],
    ["fe7f:ffff::", 14, ".........u"],
    ["fe80::", 2, "..k......u"],
    ["febf:ffff::", 2, "..k......u"],
    ["fec0::", 5, "...s.....u"],
    ["feff:ffff::", 5, "...s.....u"],
    ["fbff:ffff::", 14, ".........u"],
    ["fc00::", 14, "....p....u"],
    ["fdff:ffff::", 14, "....p....u"],
    ["fe00::", 14, ".........u"],
    ["2001:db7:ffff::", 14, ".........u"],
    ["2001:db8::", 14, ".....d...u"],
    ["2001:db8:ffff:ffff::", 14, ".....d...u"],
    ["2001:db9::", 14, ".........u"],
    ["3fff::", 14, ".....d...u"],
    ["3fff:fff:ffff::", 14, ".....d...u"],
    ["3fff:1000::", 14, ".........u"],
    ["::ffff:0.0.0.0", 14, "......4..u"],
    ["::ffff:255.255.255.255", 14, "......4..u"],
    ["::fffe:1.2.3.4", 14, ".........u"],
    ["0:1::ffff:1.2.3.4", 14, ".........u"],
    ["ff00::", 0, ".......m.."],
    ["ff01::1", 1, ".......m.."],
    ["ff02::1", 2, ".......m.."],
    ["ff02::1:ff00:0", 2, ".......mn."],
    ["ff02::1:feff:ffff", 2, ".......m.."],
    ["ff02::2:ff00:0", 2, ".......m.."],
    ["ff02:0:0:1::1:ff00:0", 2, ".......m.."],
    ["ff03::1:ff00:0", 3, ".......m.."],
    ["ff14::1", 4, ".......m.."],
    ["ff35::1", 5, ".......m.."],
    ["ff78::1", 8, ".......m.."],
    ["ff1e::1", 14, ".......m.."],
  ] as const
) {
  Deno.test(`${text} is of scope ${scope} and of the classes ${classes}`, () => {
    const address = Address.parse(text);
    const flags = [
      [address.isUnspecified, "o"],
      [address.isLoopback, "l"],
      [address.isLinkLocal, "k"],
      [address.isSiteLocal, "s"],
      [address.isUniqueLocal, "p"],
      [address.isDocumentation, "d"],
      [address.isIpv4Mapped, "4"],
      [address.isMulticast, "m"],
      [address.isSolicitedNode, "n"],
      [address.isUnicast, "u"],
    ] as const;
    assertEquals(flags.map(([is, sign]) => is ? sign : ".").join(""), classes);
    assertEquals(address.scope, scope);
  });
}

Deno.test("Address copies to and from words and octets", () => {
  fc.assert(fc.property(address, fc.nat(5), (address, at) => {
    const words = new Int32Array(9);
    address.copy(words, at);
    assert(Address.from(words, at).equals(address));
    const view = exactly(new Uint8Array(at + 16));
    address.write(view, at);
    assert(Address.read(view, at).equals(address));
    assertEquals(address.sum, sum(view, at, 16));
    assertEquals(
      combine(address.sum, Address.LOOPBACK.sum),
      sum(view, at, 16, 1),
    );
  }));
});

Deno.test("Address.ipv4 is the mapped address and no other", () => {
  const inner = ipv4.Address.parse("192.0.2.1");
  const mapped = Address.ipv4Mapped(inner);
  assertEquals(`${mapped}`, "::ffff:192.0.2.1");
  assert(mapped.ipv4?.equals(inner));
  assertEquals(Address.parse("::192.0.2.1").ipv4, undefined);
});

Deno.test("Cidr.contains() takes first and last and no neighbour", () => {
  fc.assert(fc.property(address, fc.nat(128), (address, length) => {
    const cidr = new Cidr(address, length);
    const big = (a: ipv6.Address) => BigInt(`0x${bytesOf(a)}`);
    const size = 1n << BigInt(128 - length);
    assertEquals(big(cidr.network), big(address) / size * size);
    assertEquals(big(cidr.last), big(cidr.network) + size - 1n);
    for (const inside of [address, cidr.network, cidr.last]) {
      const { w0, w1, w2, w3 } = inside;
      assert(cidr.contains(w0, w1, w2, w3));
      assert(cidr.includes(new Cidr(inside, 128)));
    }
    if (length === 0) return;
    // The same address with the last bit of the prefix turned over.
    const other = BigInt.asUintN(128, big(address) ^ size);
    const words = [96n, 64n, 32n, 0n].map((shift) =>
      Number(BigInt.asIntN(32, other >> shift))
    ) as [number, number, number, number];
    assertFalse(cidr.contains(...words));
    assertFalse(cidr.includes(new Cidr(new Address(...words), length)));
    assert(Cidr.parse(`${cidr}`).equals(cidr));
  }));
});

Deno.test("Cidr.isSubnetRouter() is true of the first address (RFC 4291 2.6.1)", () => {
  const router = Address.parse("2001:db8:0:1::");
  const { w0, w1, w2, w3 } = router;
  assert(Cidr.parse("2001:db8:0:1::5/64").isSubnetRouter(w0, w1, w2, w3));
  assertFalse(Cidr.parse("2001:db8:0:1::5/64").isSubnetRouter(w0, w1, w2, 5));
  assertFalse(new Cidr(router, 127).isSubnetRouter(w0, w1, w2, w3));
});

for (const length of [-1, 129, 1.5, NaN]) {
  Deno.test(`Cidr throws PrefixError when the length is ${length}`, () => {
    assertThrows(() => new Cidr(Address.LOOPBACK, length), ipv6.PrefixError);
  });
}
