import { assertEquals, assertMatch } from "@std/assert";
import { External } from "./external.ts";
import type { Packet } from "./packet.ts";
import { Tracer, type TracerOptions } from "./tracer.ts";

// An ICMP echo request of 192.0.2.1 to 192.0.2.2, and what is in front of it.
const LINK = "020000000002020000000001" + "0800";
const ECHO = "4500001c" + "00004000" + "4001b6dd" + "c0000201" + "c0000202" +
  "0800f7fd" + "00010001";

function trace(medium: "ethernet" | "ip", options?: TracerOptions) {
  const inner = new External({ medium });
  const lines: string[] = [];
  const device = new Tracer(inner, (line) => void lines.push(line), options);
  return { inner, lines, device };
}

Deno.test("Tracer prints a line with time and direction for each packet (ethox 5.4 #14)", () => {
  const { inner, lines, device } = trace("ethernet");
  inner.clock.now = 1_000_002;
  inner.inject(Uint8Array.fromHex(LINK + ECHO));
  device.rx(1, (packet) => {
    const { view } = packet.memory;
    view.setInt32(packet.start + 26, 0xc0000202 | 0);
    view.setInt32(packet.start + 30, 0xc0000201 | 0);
    view.setUint16(packet.start + 34, 0);
    view.setUint16(packet.start + 36, 0xfffd);
    packet.queue();
  });
  inner.clock.now = 2 ** 41;
  device.tx(2, (packet) => {
    packet.resize(14 + 28);
    packet.memory.bytes.set(Uint8Array.fromHex(LINK + ECHO), packet.start);
    if (inner.sent === 1) packet.queue();
  });
  assertEquals(lines, [
    "1.000002 < IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 1, seq 1, length 8",
    "1.000002 > IP 192.0.2.2 > 192.0.2.1: ICMP echo reply, id 1, seq 1, length 8",
    "2199023.255552 > IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 1, seq 1, length 8",
  ]);
});

Deno.test("Tracer prints bare datagrams, trees, links and wrong checksums", () => {
  const wrong = ECHO.replace("f7fd", "f7fe");
  const line = (
    medium: "ethernet" | "ip",
    octets: string,
    options?: TracerOptions,
  ) => {
    const { inner, lines, device } = trace(medium, options);
    inner.inject(Uint8Array.fromHex(octets));
    device.rx(1, () => {});
    return lines.join("|");
  };
  const plain =
    "0.000000 < IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 1, seq 1, length 8";
  assertEquals(line("ip", ECHO), plain);
  assertEquals(line("ip", wrong, { checksums: false }), plain);
  assertMatch(line("ip", wrong), /wrong/);
  assertMatch(
    line("ethernet", LINK + ECHO, { link: true }),
    /02:00:00:00:00:01 > 02:00:00:00:00:02.*192\.0\.2\.1/,
  );
  assertMatch(
    line("ethernet", LINK + ECHO, { tree: true }),
    /Ethernet[^]*\n +IP/,
  );
});

Deno.test("Tracer prints what it does not understand, and passes it on", () => {
  const { inner, lines, device } = trace("ethernet");
  for (let length = 0; length < 42; length++) {
    inner.inject(Uint8Array.fromHex(LINK + ECHO).slice(0, length));
  }
  inner.inject(new Uint8Array(60).fill(0xff));
  const lengths: number[] = [];
  device.rx(64, ({ length }: Packet) => void lengths.push(length));
  assertEquals(lengths, [...Array(42).keys(), 60]);
  assertEquals(lines.length, 43);
  assertMatch(lines[3]!, /truncated/);
});
