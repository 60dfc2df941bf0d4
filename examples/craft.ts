// Builds packets from a description in JSON.

import { LinkType } from "@ethox/wire/dissector";
import * as pcap from "@ethox/wire/pcap";
import * as pcapng from "@ethox/wire/pcapng";
import { main, UsageError } from "./lib/args.ts";
import { craftAll, type Crafted, FORM } from "./lib/craft.ts";
import { print } from "./lib/terminal.ts";

/** A packet each millisecond, so that readers keep their order. */
const INTERVAL = 1000;

async function read(path: string): Promise<string> {
  if (path === "-") return await new Response(Deno.stdin.readable).text();
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.IsADirectory
    ) throw new UsageError(`There is no file ${path}`);
    throw error;
  }
}

/** The link type of a packet: what begins with IP stands alone. */
function linkType({ first }: Crafted): number {
  return first === "ipv4" || first === "ipv6"
    ? LinkType.RAW
    : LinkType.ETHERNET;
}

/** The packets as the octets of a capture file. */
function capture(packets: readonly Crafted[], path: string): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const sink = (octets: Uint8Array) => {
    blocks.push(octets.slice());
  };
  const types = [...new Set(packets.map(linkType))];
  if (path.endsWith(".pcapng")) {
    const writer = new pcapng.Writer(sink, { application: "craft.ts" });
    for (const type of types) writer.addInterface({ linkType: type });
    packets.forEach((packet, i) => {
      const view = new DataView(packet.octets.buffer);
      const nic = types.indexOf(linkType(packet));
      writer.write(nic, i * INTERVAL, view, 0, view.byteLength);
    });
    writer.flush();
    return blocks;
  }
  if (types.length > 1) {
    throw new UsageError(
      "A pcap file has one link type, and some packets begin with IP: write pcapng",
    );
  }
  const writer = new pcap.Writer(sink, {
    linkType: types[0] ?? LinkType.ETHERNET,
  });
  packets.forEach(({ octets }, i) => {
    const view = new DataView(octets.buffer);
    writer.write(i * INTERVAL, view, 0, view.byteLength);
  });
  writer.flush();
  return blocks;
}

function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0"))
    .join("");
}

await main({
  name: "craft.ts",
  does: "Builds packets from a description in JSON.",
  positional: [["<description>", "a JSON file; - reads standard input"]],
  options: [
    [
      "-w, --write OUT",
      "write a capture: a name that ends in .pcap or .pcapng",
    ],
    ["--hex", "print one line for each packet; without --write that is so"],
  ],
  permissions: "--allow-read --allow-write",
  example: "packets.json --write packets.pcap",
  more: FORM,
}, async (args) => {
  const path = args.option("write");
  if (path !== undefined && !/\.pcap(ng)?$/.test(path)) {
    throw new UsageError(
      `Option --write must end in .pcap or .pcapng, not "${path}"`,
    );
  }
  const packets = craftAll(await read(args.text("<description>")));
  if (path !== undefined) {
    const blocks = capture(packets, path);
    await Deno.writeFile(path, ReadableStream.from(blocks));
  }
  if (path === undefined || args.flag("hex")) {
    for (const { octets } of packets) print(hex(octets));
  }
  return 0;
});
