// Linux's CUBIC and ours over the same path: the kernel's TCP between two
// namespaces that a bridge of ours joins in real time, our TCP over that bridge
// to the kernel, and our TCP in virtual time.

import { main } from "./lib/args.ts";
import { flowOf, median, scenarioFor } from "./lib/lab/figures.ts";
import { Namespace, type Program } from "./lib/namespace.ts";
import { print } from "./lib/terminal.ts";

const PORT = 5001;
/** s that programs may take to start. */
const PATIENCE = 60;
const LEFT = "192.0.2.1";
const RIGHT = "192.0.2.2";
const OURS = "192.0.2.3";
const ENTER =
  'mount -t proc proc /proc && exec nsenter --target "$0" --net -- "$@"';
const HARDWARE = "02:00:00:00:00:03";

/** A network of the kernel at one end of the bridge. */
class Side {
  readonly namespace: Namespace;
  readonly pid: string;

  private constructor(namespace: Namespace, pid: string) {
    this.namespace = namespace;
    this.pid = pid;
  }

  /** `inner` gets an address; `outer` stays with the bridge. */
  static async open(
    namespace: Namespace,
    inner: string,
    outer: string,
    address: string,
    control: string,
  ): Promise<Side> {
    const keeper = namespace.start("unshare", [
      ...["--net", "sh", "-c", "echo pid $$; exec sleep 100000"],
    ]);
    const [, pid] = await keeper.until(/^pid (\d+)$/m);
    const side = new Side(namespace, pid!);
    await namespace.ip(`link add ${inner} type veth peer name ${outer}`);
    await namespace.ip(`link set ${outer} up`);
    await namespace.ip(`link set ${inner} netns ${pid}`);
    await side.run("ip", ["link", "set", "lo", "up"]);
    await side.run("ip", ["address", "add", `${address}/24`, "dev", inner]);
    await side.run("ip", ["link", "set", inner, "up"]);
    for (const [name, where] of [[inner, side], [outer, namespace]] as const) {
      // A packet on the path is one on a wire.
      await where.run("ethtool", [
        ...["-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off"],
      ]);
    }
    const { code, stderr } = await side.run("sysctl", [
      ...["-w", `net.ipv4.tcp_congestion_control=${control}`],
      // What was learned of the path by one run is not for the next.
      "net.ipv4.tcp_no_metrics_save=1",
    ]);
    if (code !== 0) throw new Error(stderr);
    return side;
  }

  /** The kernel's files about processes are those of the namespace, too. */
  #enter(program: string, args: readonly string[]): [string, string[]] {
    return ["unshare", [
      ...["--mount", "sh", "-c", ENTER, this.pid, program, ...args],
    ]];
  }

  run(program: string, args: readonly string[]) {
    return this.namespace.run(...this.#enter(program, args));
  }

  start(
    script: string,
    args: readonly string[],
    permissions: readonly string[],
    before: readonly string[] = [],
  ) {
    const path = new URL(script, import.meta.url).pathname;
    const [first, ...rest] = [...before, Deno.execPath(), "run"];
    return this.namespace.start(
      ...this.#enter(first!, [
        ...[...rest, "--quiet", "--no-prompt", ...permissions, path, ...args],
      ]),
    );
  }
}

function show(what: string, rates: readonly number[]): void {
  const list = rates.map((rate) => rate.toFixed(2)).join(" ");
  print(`${what}: median ${median(rates).toFixed(2)} Mbit/s of ${list}`);
}

await main({
  name: "linux_compare.ts",
  does: "Compares Linux's TCP with ours over the same path.",
  options: [
    ["--runs N", "how often (default 5)"],
    ["--seconds S", "how long a run is (default 20)"],
    ["--loss P", "probability that a packet is lost (default 0.01)"],
    ["--control NAME", "congestion control of both (default cubic)"],
    ["--no-live", "only virtual time and the kernel's own TCP"],
  ],
  permissions: "-A",
  more:
    "Needs ip, ethtool, nsenter and unshare, as root or in a user namespace.\n" +
    "The path is 100 Mbit/s x 50 ms with a queue of one product.",
}, async (args) => {
  const runs = args.number("runs", 1, 1000, 5);
  const seconds = args.decimal("seconds", 1, 600, 20);
  const loss = args.decimal("loss", 0, 1, 0.01);
  const control = args.option("control") ?? "cubic";
  const live = args.flag("live");
  const scenario = scenarioFor("loss", {
    control,
    duration: seconds,
    bottleneck: { loss },
  });
  const seeds = Array.from({ length: runs }, (_, i) => i + 1);
  show(
    `ours in virtual time, ${control}`,
    seeds.map((seed) => flowOf(scenario, seed).rate / 1e6),
  );

  await using namespace = await Namespace.open();
  const left = await Side.open(namespace, "left0", "left1", LEFT, control);
  const right = await Side.open(namespace, "right0", "right1", RIGHT, control);

  // Whoever else uses this machine must not make the path longer, nor our host
  // slower than the kernel; it is not everyone who may ask for that.
  const chrt = ["chrt", "-f", "10"];
  const { code } = await namespace.run("chrt", ["-f", "10", "true"]);
  const urgent = code === 0 ? chrt : [];

  /** One transfer over the bridge; Mbit/s. */
  const transfer = async (
    seed: number,
    begin: () => Program,
  ): Promise<number> => {
    const path = new URL("linux_path.ts", import.meta.url).pathname;
    const [first, ...rest] = [...urgent, Deno.execPath()];
    await using bridge = namespace.start(first!, [
      ...[...rest, "run", "--quiet", "--no-prompt", "--allow-ffi", path],
      ...["left1", "right1", "--loss", `${loss}`, "--seed", `${seed}`],
      ...["--seconds", `${seconds + PATIENCE}`],
    ]);
    await bridge.until(/^Bridging/m);
    const options = ["--seconds", `${seconds}`];
    await using sink = right.start(
      "lib/lab/peer_program.ts",
      ["sink", RIGHT, `${PORT}`, ...options],
      ["--allow-net"],
    );
    await sink.until(/^Listening/m);
    await using source = begin();
    try {
      await new Promise((resolve) => setTimeout(resolve, seconds * 500));
      const { stdout } = await left.run("ss", ["-tinH", "dst", RIGHT]);
      const seen = /\bcwnd:\d+|\brtt:[\d.]+|\bretrans:[\d/]+/g;
      const found = stdout.match(seen)?.join(" ");
      if (found !== undefined) print(`  the kernel, half-way: ${found}`);
      const [, octets] = await sink.until(
        /^octets: (\d+)$/m,
        seconds + PATIENCE,
      );
      return Number(octets) * 8 / seconds / 1e6;
    } catch (error) {
      throw new Error(`${source.output}\n${bridge.output}`, { cause: error });
    }
  };

  const kernel: number[] = [];
  const ours: number[] = [];
  const more = `${seconds + 5}`;
  for (const seed of seeds) {
    kernel.push(
      await transfer(seed, () =>
        left.start(
          "lib/lab/peer_program.ts",
          ["source", RIGHT, `${PORT}`, "--seconds", more],
          ["--allow-net"],
        )),
    );
    if (!live) continue;
    ours.push(
      await transfer(seed, () =>
        left.start(
          "lib/lab/live_program.ts",
          [
            ...["raw:left0", `${OURS}/24`, HARDWARE, `${RIGHT}/24`, `${PORT}`],
            ...["--no-offload", "--seconds", more, "--control", control],
          ],
          ["--allow-ffi"],
          urgent,
        )),
    );
  }
  show(`Linux over the bridge, ${control}`, kernel);
  if (live) show(`ours over the bridge, ${control}`, ours);
  return 0;
});
