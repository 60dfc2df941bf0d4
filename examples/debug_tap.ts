// Prints every frame on an interface: a small tcpdump.

import { CHECKSUM_PARTIAL, type Packet } from "@ethox/nic/packet";
import { SYNTAX } from "@ethox/wire/filter";
import { Printer } from "@ethox/wire/pretty";
import { INTERFACE, main, parseFilter } from "./lib/args.ts";
import { openDevice } from "./lib/device.ts";
import { Loop } from "./lib/program.ts";
import { complain, print } from "./lib/terminal.ts";

const BURST = 64;
const DAY = 86_400_000_000;

/** Time of day in UTC, as `12:34:56.123456`. */
function clock(time: number): string {
  const micros = Math.trunc(time) % DAY;
  const whole = new Date(micros / 1000).toISOString().slice(11, 19);
  return `${whole}.${String(micros % 1_000_000).padStart(6, "0")}`;
}

await main({
  name: "debug_tap.ts",
  does: "Prints every frame on an interface. A raw:NAME is only watched; " +
    "a tap:NAME or tun:NAME is attached to, and nobody answers on it.",
  positional: [
    INTERFACE,
    ["[filter]", "which frames, in quotes if it has spaces; see below"],
  ],
  options: [
    ["-c, --count N", "end after so many frames"],
    ["-e, --link", "print Ethernet headers"],
    ["-v, --verbose", "print each frame as a tree"],
  ],
  device: true,
  example: `raw:eth0 "tcp port 80 and host 192.0.2.1"`,
  more: SYNTAX,
}, async (args) => {
  const { kind } = args.interface();
  const filter = parseFilter(args.text("[filter]"), kind);
  const count = args.number("count", 1, 1e15, Infinity);
  const verbose = args.flag("verbose");
  using opened = openDevice({
    ...args.common(),
    interface: args.interface(),
    outgoing: true,
  });
  const { device } = opened;
  const { medium } = device.personality;
  const options = { medium, link: args.flag("link") };
  const printer = new Printer(options);
  // Whoever left the checksum to be completed has not written it yet.
  const lenient = new Printer({ ...options, checksums: false });
  const epoch = Date.now() * 1000 - device.now();
  let shown = 0;
  const watch = (packet: Packet): void => {
    if (shown === count) return;
    const { info, memory: { view }, start, end } = packet;
    if (!filter.matches(view, start, end)) return;
    shown++;
    const chosen = info.checksum === CHECKSUM_PARTIAL ? lenient : printer;
    const text = verbose
      ? chosen.tree(view, start, end)
      : chosen.line(view, start, end);
    print(`${clock(epoch + info.timestamp)} ${text}`);
  };
  using loop = new Loop(opened);
  complain(`Watching ${opened.description}`);
  await loop.run(
    () => shown === count ? -1 : device.rx(BURST, watch),
    () => Infinity,
  );
  const lost = device.counters.get("receiveDropped");
  complain(`${shown} frames printed, ${lost} lost before they were read`);
  return 0;
});
