import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  InterfaceNameError,
  NetworkInterface,
  OptionError,
  RawSocket,
  SystemError,
  TapInterface,
  TunInterface,
  UnavailableError,
} from "@ethox/nic/sys";
import { descriptors, faulty, refuse, thrown } from "./_fixture_test_util.ts";
import {
  EACCES,
  EAFNOSUPPORT,
  EBUSY,
  EINVAL,
  EMFILE,
  ENODEV,
  ENOENT,
  EPERM,
  nameOf,
  textOf,
} from "./errno.ts";
import type { Libc } from "./ffi.ts";

const SYS = new URL("./mod.ts", import.meta.url).href;
const ONE_SENTENCE = /^Cannot [^\n]*\)$/;

Deno.test("SystemError carries call, number and name, in one sentence", () => {
  const error = new SystemError("ioctl TUNSETIFF", 16, "attach to tap0");
  assertEquals(
    error.message,
    "Cannot attach to tap0: it is in use (EBUSY from ioctl TUNSETIFF)",
  );
  assertEquals([error.errno, error.code, error.call, error.name], [
    16,
    "EBUSY",
    "ioctl TUNSETIFF",
    "SystemError",
  ]);
  assertEquals(nameOf(4095), "errno 4095");
  assertEquals(textOf(4095), "the kernel refused");
});

for (
  const [errno, part] of [
    [ENOENT, "modprobe tun"],
    [ENODEV, "modprobe tun"],
    [EACCES, "run as root"],
    [EPERM, "run as root"],
    [EMFILE, "the process has no descriptor left"],
  ] as const
) {
  Deno.test(`TapInterface.open() says what ${nameOf(errno)} from /dev/net/tun means (A93)`, () => {
    const calls: Libc = faulty({ open: () => refuse(calls, errno) });
    const error = thrown(() => TapInterface.open("tap0", { calls }));
    assertInstanceOf(error, SystemError);
    assertEquals([error.errno, error.call], [errno, "open"]);
    assertMatch(error.message, ONE_SENTENCE);
    assertStringIncludes(error.message, "Cannot open /dev/net/tun: ");
    assertStringIncludes(error.message, part);
  });
}

for (
  const [errno, part] of [
    [EPERM, "CAP_NET_ADMIN is missing"],
    [EPERM, "unshare -rn"],
    [EPERM, "ip tuntap add tap0 mode tap user"],
    [EBUSY, "another process has it open"],
    [EINVAL, "the kernel does not accept the argument"],
  ] as const
) {
  Deno.test(`TapInterface.open() says "${part}" at ${nameOf(errno)} from TUNSETIFF (A93)`, () => {
    const before = descriptors();
    const calls: Libc = faulty({
      open: () => 1_000_000,
      ioctl: () => refuse(calls, errno),
    });
    const error = thrown(() => TapInterface.open("tap0", { calls }));
    assertMatch(error.message, ONE_SENTENCE);
    assertStringIncludes(error.message, part);
    assertEquals(error.call, "ioctl TUNSETIFF");
    assertEquals(descriptors(), before);
  });
}

for (
  const [errno, part] of [
    [EPERM, "CAP_NET_RAW is missing"],
    [EAFNOSUPPORT, "modprobe af_packet"],
    [EMFILE, "the process has no descriptor left"],
  ] as const
) {
  Deno.test(`RawSocket.open() says what ${nameOf(errno)} from socket means (A93)`, () => {
    let sockets = 0;
    const real = faulty({});
    const calls: Libc = faulty({
      socket: (family, type, protocol) =>
        family === 17
          ? (sockets++, refuse(calls, errno))
          : real.socket(family, type, protocol),
    });
    const error = thrown(() => RawSocket.open("lo", { calls }));
    assertEquals(sockets, 1);
    assertMatch(error.message, ONE_SENTENCE);
    assertStringIncludes(error.message, part);
  });
}

for (
  const [name, reason] of [
    ["", "it is empty"],
    ["sixteen-octets-x", "it has 16 octets and the kernel takes 15"],
    ["äöüäöüäö", "it has 16 octets"],
    ["a/b", "the kernel refuses such characters"],
    ["a b", "the kernel refuses such characters"],
    ["tap0\0x", "the kernel refuses such characters"],
    ["..", "the kernel refuses such characters"],
  ] as const
) {
  Deno.test(`Devices refuse ${JSON.stringify(name)} as a name (ethox 5.2 #6)`, () => {
    const before = descriptors();
    const classes = [TapInterface, TunInterface, RawSocket, NetworkInterface];
    for (const device of classes) {
      const error = assertThrows(
        () => device.open(name),
        InterfaceNameError,
        reason,
      );
      assertInstanceOf(error, RangeError);
    }
    assertEquals(descriptors(), before);
  });
}

Deno.test("Devices refuse numbers that make no sense", () => {
  for (const device of [TapInterface, TunInterface, RawSocket]) {
    for (
      const options of [
        { slots: 0 },
        { slots: 1.5 },
        { slots: 1e9 },
        { spin: -1 },
        { spin: NaN },
        { mtu: 67 },
        { mtu: 65536 },
      ]
    ) {
      assertThrows(() => device.open("tap0", options), OptionError, "it must");
    }
  }
  assertThrows(() => RawSocket.open("lo", { receiveBuffer: 0 }), OptionError);
});

/** What the program prints that runs with no permission but `args`. */
function run(source: string, ...args: string[]): string {
  const file = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(file, source);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { stdout, stderr } = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", "-c", config, ...args, file],
      env: { NO_COLOR: "1" },
    }).outputSync();
    const decoder = new TextDecoder();
    return decoder.decode(stdout) + decoder.decode(stderr);
  } finally {
    Deno.removeSync(file);
  }
}

const OPEN = `
const sys = await import(${JSON.stringify(SYS)});
console.log("imported");
try { sys.TapInterface.open("tap0"); } catch (error) {
  console.log(error instanceof sys.UnavailableError, error.obstacle, error.message);
}`;

Deno.test("Importing costs no permission, and opening without --allow-ffi says so (A93)", () => {
  assertEquals(
    run(OPEN),
    "imported\ntrue permission Cannot open network interfaces: run deno with --allow-ffi\n",
  );
});

Deno.test("UnavailableError names a platform that is not Linux", () => {
  assertEquals(
    new UnavailableError("platform", "darwin").message,
    "Cannot open network interfaces on darwin: only Linux is supported",
  );
  assertStringIncludes(
    new UnavailableError("library", "no such file").message,
    "libc.so.6 does not load (no such file)",
  );
});

/** Why no capability can be given up here, or nothing. */
function obstacle(): string {
  if (Deno.build.os !== "linux") return " (skipped: not Linux)";
  if (Deno.uid() !== 0) return " (skipped: not root)";
  const { success } = new Deno.Command("sh", {
    args: ["-c", "command -v setpriv"],
  }).outputSync();
  return success
    ? ""
    : " (skipped: no setpriv, in Debian's package util-linux)";
}

const skipped = obstacle();

for (
  const [device, capability] of [
    ["TapInterface", "net_admin"],
    ["RawSocket", "net_raw"],
  ] as const
) {
  Deno.test({
    name:
      `${device}.open() as root without CAP_${capability.toUpperCase()} says so (A93 EPERM)${skipped}`,
    ignore: skipped !== "",
    fn() {
      const source = `
import { ${device} } from ${JSON.stringify(SYS)};
try { ${device}.open(${
        device === "RawSocket" ? '"lo"' : '"tap0"'
      }); } catch (error) {
  console.log(error.code, error.message);
}`;
      const file = Deno.makeTempFileSync({ suffix: ".ts" });
      Deno.writeTextFileSync(file, source);
      const config = new URL("../../deno.json", import.meta.url).pathname;
      const { stdout } = new Deno.Command("setpriv", {
        args: [
          `--bounding-set=-${capability}`,
          `--inh-caps=-${capability}`,
          ...[Deno.execPath(), "run", "-A", "--no-check", "-c", config, file],
        ],
      }).outputSync();
      Deno.removeSync(file);
      const text = new TextDecoder().decode(stdout);
      assert(text.startsWith("EPERM Cannot "), text);
      assertStringIncludes(
        text,
        `CAP_${capability.toUpperCase()} is missing; run as root or under unshare -rn`,
      );
    },
  });
}
