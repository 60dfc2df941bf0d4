// Every filter on every captured packet, against tcpdump.

import { assert, assertEquals } from "@std/assert";
import * as bpf from "./bpf.ts";
import * as filter from "./filter.ts";
import {
  type Captured,
  ETHERNET_FILTERS,
  FILTERS,
  packetsByLinkType,
} from "./_filter_test_util.ts";
import { LinkType } from "./linktype.ts";
import { present } from "./_oracle_test_util.ts";

/** Octets kept of a packet that is cut short. */
const CUTS = [0, 9, 13, 21, 30, 37, 45, 60];

const obstacle = !present ? "no ../shared/conformance" : (() => {
  try {
    new Deno.Command("tcpdump", { args: ["--version"] }).outputSync();
    return undefined;
  } catch {
    return "no tcpdump, in Debian's package tcpdump";
  }
})();

/** A capture file in which the number of a packet is its time. */
function captureOf(
  linkType: number,
  packets: readonly Captured[],
): Uint8Array<ArrayBuffer> {
  const octets = packets.reduce((sum, p) => sum + 16 + p.view.byteLength, 24);
  const file = new Uint8Array(octets);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262144, true);
  view.setUint32(20, linkType, true);
  let at = 24;
  for (const [n, { view: packet, wireLength }] of packets.entries()) {
    view.setUint32(at, n, true);
    view.setUint32(at + 8, packet.byteLength, true);
    view.setUint32(at + 12, wireLength, true);
    file.set(new Uint8Array(packet.buffer, packet.byteOffset), at + 16);
    at += 16 + packet.byteLength;
  }
  return file;
}

/** Numbers of the packets that tcpdump picks. */
async function picked(
  file: string,
  text: string,
  ...options: readonly string[]
): Promise<Set<number>> {
  const args = [...options, "-nn", "-r", "-", "-w", "-", "--", text];
  const child = new Deno.Command("tcpdump", {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // It closes its input at once where it objects.
  const fed = Deno.open(file).then((input) =>
    input.readable.pipeTo(child.stdin)
  ).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  await fed;
  const numbers = new Set<number>();
  if (!success) {
    // Its optimizer objects to what matches nothing.
    const objection = new TextDecoder().decode(stderr);
    assert(/rejects all packets/.test(objection), `${text}: ${objection}`);
    return numbers;
  }
  const view = new DataView(stdout.buffer, stdout.byteOffset, stdout.length);
  for (let at = 24; at < view.byteLength;) {
    numbers.add(view.getUint32(at, true));
    at += 16 + view.getUint32(at + 8, true);
  }
  return numbers;
}

/** Ethernet frames as they would be captured behind another header. */
function relinked(
  packets: readonly Captured[],
  [linkType, length, type]: readonly [number, number, number],
): Captured[] {
  return packets.filter(({ view }) => view.byteLength >= 14).map((packet) => {
    const octets = new Uint8Array(packet.view.byteLength - 14 + length);
    const from = new Uint8Array(packet.view.buffer);
    octets.set(from.subarray(14), length);
    const view = new DataView(octets.buffer);
    const six = packet.view.getUint16(12) === 0x86dd;
    if (type >= 0) octets.set(from.subarray(12, 14), type);
    else if (length > 0) {
      view.setUint32(0, six ? 30 : 2, linkType === LinkType.NULL);
    }
    return { name: packet.name, view, wireLength: packet.wireLength };
  });
}

function cut(packets: readonly Captured[]): Captured[] {
  return packets.filter((_, i) => i % 9 === 0).flatMap((packet) =>
    CUTS.filter((length) => length < packet.view.byteLength).map((length) => ({
      name: `${packet.name} cut to ${length}`,
      view: new DataView(packet.view.buffer.slice(0, length)),
      wireLength: packet.wireLength,
    }))
  );
}

async function agree(
  linkType: number,
  packets: readonly Captured[],
  filters: readonly string[],
): Promise<{ matched: number; odd: number }> {
  const file = await Deno.makeTempFile({ prefix: "ethox-filter-" });
  let matched = 0;
  let odd = 0;
  try {
    await Deno.writeFile(file, captureOf(linkType, packets));
    for (const text of filters) {
      const options = { linkType, netmask: 0 };
      const mine = filter.compile(text, options);
      const machine = new bpf.Machine(bpf.compile(text, options));
      const theirs = await picked(file, text);
      let plain: Set<number> | undefined;
      for (const [n, { name, view, wireLength }] of packets.entries()) {
        const end = view.byteLength;
        const wanted = mine.matches(view, 0, end, wireLength);
        const kept = machine.run(view, 0, end, wireLength);
        const where = `${text} on ${name}`;
        assertEquals(kept > 0, wanted, `${where}, in the machine`);
        if (wanted) matched++;
        if (wanted === theirs.has(n)) continue;
        // Its optimizer asks in another order, which tells where a packet ends
        // too early: then one of both has to be ours.
        plain ??= await picked(file, text, "-O");
        assertEquals(wanted, plain.has(n), where);
        odd++;
      }
    }
  } finally {
    await Deno.remove(file);
  }
  return { matched, odd };
}

function tcpdumpTest(name: string, fn: () => Promise<void>): void {
  const title = obstacle === undefined
    ? name
    : `${name} (skipped: ${obstacle})`;
  Deno.test({ name: title, ignore: obstacle !== undefined, fn });
}

for (const linkType of [1, 101, 228, 229]) {
  tcpdumpTest(
    `Filter.matches() and Machine.run() pick what tcpdump picks, link type ${linkType}`,
    async () => {
      const packets = packetsByLinkType().get(linkType)!;
      // Few datagrams are of one version: each filter is tried on one of both.
      const filters = linkType === 1
        ? [...FILTERS, ...ETHERNET_FILTERS]
        : FILTERS.filter((_, i) => linkType === 101 || i % 2 === linkType % 2);
      const { matched, odd } = await agree(linkType, packets, filters);
      assert(matched > packets.length, `${matched}`);
      assertEquals(odd, 0);
    },
  );
}

// Link type, octets of its header, offset of the EtherType or -1.
for (
  const link of [
    [LinkType.NULL, 4, -1],
    [LinkType.RAW_12, 0, -1],
    [LinkType.LOOP, 4, -1],
    [LinkType.LINUX_SLL, 16, 14],
    [LinkType.LINUX_SLL2, 20, 0],
  ] as const
) {
  const [linkType] = link;
  tcpdumpTest(
    `Filter.matches() and Machine.run() pick what tcpdump picks, link type ${linkType}`,
    async () => {
      const frames = packetsByLinkType().get(1)!.filter((_, i) => i % 5 === 0);
      const filters = FILTERS.filter((_, i) => i % 4 === 1);
      const packets = relinked(frames, link);
      const { matched, odd } = await agree(linkType, packets, filters);
      assert(matched > packets.length, `${matched}`);
      assertEquals(odd, 0);
    },
  );
}

tcpdumpTest(
  "Filter.matches() and Machine.run() pick what tcpdump picks of packets cut short",
  async () => {
    const packets = cut(packetsByLinkType().get(1)!);
    const filters = [...FILTERS, ...ETHERNET_FILTERS]
      .filter((_, i) => i % 2 === 0);
    const { matched, odd } = await agree(1, packets, filters);
    assert(matched > packets.length, `${matched}`);
    assert(odd < 20, `${odd}`);
  },
);
