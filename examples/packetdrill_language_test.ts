// The language of packetdrill, piece by piece, and what stands behind it.

import { assertEquals, assertThrows } from "@std/assert";
import type { Call, PacketSpec } from "./lib/packetdrill/ast.ts";
import { command } from "./lib/packetdrill/commands.ts";
import { parse } from "./lib/packetdrill/parser.ts";
import { packetText } from "./lib/packetdrill/print.ts";
import { judge } from "./lib/packetdrill/program.ts";
import { run } from "./lib/packetdrill/python.ts";
import { freebsd, linux } from "./lib/packetdrill/knobs.ts";
import { exprText } from "./lib/packetdrill/values.ts";

function action(text: string) {
  return parse("x.pkt", text).events[0]!.action;
}

function packet(text: string): PacketSpec {
  const found = action(`0 ${text}`);
  if (found.kind !== "packet") throw new Error("no packet");
  return found.packet;
}

function call(text: string): Call {
  const found = action(`0 ${text}`);
  if (found.kind !== "call") throw new Error("no call");
  return found;
}

for (
  const text of [
    "< S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>",
    "> S. 0:0(0) ack 1 <...>",
    "> P. 1:1001(1000) ack 1 win 229 urg 7",
    "< SEWA 0:0(0) win 65535",
    "> - 0:0(0)",
    "< [ce] . 1:1(0) ack 1 win 257 <nop,nop,sack 1001:2001 3001:4001>",
    "> [ect01] P. 1:2(1) ack 1 <nop,nop,TS val 100 ecr 200>",
    "< [tos 0x3] . 1:1(0) ack 1 win 0",
    "< [ttl 1] R 4294967295:0(1) win 0",
    "< S 0:100(100) win 1000 <FO 0123456789abcdef,nop,nop>",
    "> S. 0:0(0) ack 1 <FOEXP ...,mss 1460>",
    "> S. 0:0(0) ack 1 <ECN e1b 1 ceb 0 e0b 1,eol>",
    "< 4000 > 80 . 1:1(0) ack 1 win 1",
    "< icmp unreachable frag_needed mtu 1200 [1:1001(1000)]",
    "< icmp packet_too_big mtu 1280 [1:2(1)]",
    "> udp (100)",
    "< udp 53 > 1025 (0)",
    "< icmp unreachable port_unreachable [udp (100)]",
  ]
) {
  Deno.test(`a packet is read and written: ${text}`, () => {
    assertEquals(packetText(packet(text)), text);
  });
}

Deno.test("ACE is a digit among the flags (AccECN)", () => {
  assertEquals(packetText(packet("< P5. 1:2(1) ack 1")), "< PEA. 1:2(1) ack 1");
  assertEquals(packetText(packet("> .5 1:1(0) ack 1")), "> EA. 1:1(0) ack 1");
});

for (
  const text of [
    '{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}',
    "[{fd=4, events=POLLIN|POLLOUT, revents=0}]",
    "{msg_name=..., msg_iov=[{..., 100}, {..., 200}], msg_flags=0}",
    '"abc"',
    "[]",
    "-1",
  ]
) {
  Deno.test(`an argument is read: ${text}`, () => {
    assertEquals(exprText(call(`f(${text}) = 0`).args[0]!), text);
  });
}

Deno.test("strings in a row are one, numbers may be hexadecimal", () => {
  const { args } = call(
    'f("ab" "c\\n", 0x10) = -1 EINVAL (x y)',
  );
  assertEquals(args.map(exprText), ['"abc\\n"', "16"]);
});

Deno.test("a call has a result, an error, and an end if it waits", () => {
  const found = call("...0.25 read(3, ..., 10) = -1 ETIMEDOUT (Timed out)");
  assertEquals(found.errno, "ETIMEDOUT");
  assertEquals(found.end, 250_000);
  assertEquals(call("close(3) = 0").end, undefined);
});

Deno.test("times are absolute, relative, a range, or any", () => {
  const { events } = parse(
    "x.pkt",
    `0 close(3) = 0
    .5 close(3) = 0
    +1e-3 close(3) = 0
    +0...0.2 close(3) = 0
    .1~.2 > . 1:1(0) ack 1
    +.1~+.25 > . 1:1(0) ack 1
    * > . 1:1(0) ack 1`,
  );
  assertEquals(events.map((event) => event.when), [
    { type: "absolute", at: 0 },
    { type: "absolute", at: 500_000 },
    { type: "relative", at: 1000 },
    { type: "relative", at: 0 },
    { type: "absolute", at: 100_000, until: 200_000 },
    { type: "relative", at: 100_000, until: 250_000 },
    { type: "any", at: 0 },
  ]);
  assertEquals(events.map((event) => event.line), [1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("headers, commands and comments stand around the events", () => {
  const script = parse(
    "x.pkt",
    `// first
    --ip_version=ipv6 --mtu=1520
    --define=N=100 # a word
    \`a\`
    /* two
       lines */
    0 write(3, ..., N) = N
    +0 \`b; c\`
    \`d\``,
  );
  assertEquals(script.options, [
    ["ip_version", "ipv6"],
    ["mtu", "1520"],
    ["define", "N=100"],
  ]);
  assertEquals([script.init, script.cleanup], [["a"], ["d"]]);
  assertEquals(script.events.map((event) => event.line), [7, 8]);
  const [write] = script.events;
  assertEquals(
    write!.action.kind === "call" && exprText(write!.action.result),
    "100",
  );
});

for (
  const [text, message] of [
    ["0 > . 1:1(0", "expected a range"],
    ["0 frob", "expected '('"],
    ["0 > S 0:0(0) <mss>", "expected its value"],
    ["0 .1~.05 > . 1:1(0)", "expected"],
    [".2~.1 > . 1:1(0) ack 1", "ends before it begins"],
    [".1~.2 < . 1:1(0) ack 1", "no packet is injected in a range"],
    ["", "the script is empty"],
    ["0 > S 0:0(0) <FO abc>", "half an octet"],
  ] as const
) {
  Deno.test(`parse fails with a reason: ${text || "nothing"}`, () => {
    assertThrows(() => parse("x.pkt", text), Error, message);
  });
}

Deno.test("settings are found in commands; the rest is ignored with its name", () => {
  const knobs = linux();
  const ignored = command(
    knobs,
    `sysctl -q net.ipv4.tcp_sack=0; sysctl -w net.ipv4.tcp_rmem="4096 8192 $((2*8192))" && \\
     ip link set dev tun0 mtu 9000
     set_sysctls.py /proc/sys/net/ipv4/tcp_timestamps=0 /proc/sys/net/ipv4/frob=1
     tc qdisc add dev tun0 root pfifo`,
  );
  assertEquals(knobs.tuning.sack, false);
  assertEquals(knobs.tuning.timestamps, false);
  assertEquals(knobs.rmem, [4096, 8192, 16384]);
  assertEquals(knobs.mtu, 9000);
  assertEquals(ignored.length, 2);
});

Deno.test("settings of FreeBSD have their own names", () => {
  const knobs = freebsd();
  const ignored = command(
    knobs,
    `kldload tcp_rack
    sysctl net.inet.tcp.rfc1323=2 net.inet.tcp.msl=500`,
  );
  assertEquals(ignored, ["kldload tcp_rack"]);
  assertEquals(
    [knobs.tuning.timestamps, knobs.tuning.windowScaling],
    [false, true],
  );
  assertEquals(knobs.tuning.timeWait, 1_000_000);
});

Deno.test("snippets assert, print, assign and branch", () => {
  const names: Record<string, unknown> = { a: 10, b: 3 };
  const { failures, printed, skipped } = run(
    `
# a comment
assert a == 10 and b != 10, "never"
assert 2 * b + 4 == a; assert a // b == 3 and a % b == 1
assert (a & 2) == 2 and (a >> 1) == 5 and -b < 0 <= a
assert abs(-b) == 3 and min(a, b) == b and b in (1, 2, 3)
c = a if b > 5 else 7
print "c", c
print("{} and {}".format(a, b))
print("%d of %d" % (b, a))
if a == 11:
  assert False
elif a == 10:
  print("ten")
else:
  assert False
assert a == 11, 'a is %d' % a
for i in range(3): pass
frob(a)
`,
    names,
  );
  assertEquals(printed, ["c 7", "10 and 3", "3 of 10", "ten"]);
  assertEquals(failures.length, 1);
  assertEquals(failures[0]!.includes("with a = 10"), true);
  assertEquals(skipped.length, 2);
  assertEquals(names.c, 7);
});

/** Whether a script comes true; its message if not. */
function verdict(text: string): string {
  return judge("x.pkt", text).result.failure?.message ?? "ok";
}

const CONNECT = `
 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (in progress)
`;

Deno.test("numbers count from the SYN, and scripts that go on are understood", () => {
  const text = (own: number, peer: number) =>
    `${CONNECT}
+0 > S 700:700(0) <...>
+0 < S. 500:500(0) ack 701 win 9000 <mss 1000>
+0 > . ${own}:${own}(0) ack ${peer}
+0 < P. ${peer}:${peer + 10}(10) ack ${own} win 9000
+0~+1 > . ${own}:${own}(0) ack ${peer + 10}
`;
  assertEquals(verdict(text(1, 1)), "ok");
  assertEquals(verdict(text(701, 501)), "ok");
  assertEquals(verdict(text(701, 1)), "ok");
  assertEquals(
    verdict(text(1, 1).replace("ack 11", "ack 12")),
    "wrong packet: ack 12, got 11",
  );
  assertEquals(
    verdict(text(702, 501)),
    "wrong packet: sequence 702, got 701",
  );
});

Deno.test("timestamps of the host count from the first that is expected", () => {
  const text = (tick: string, second: number) =>
    `${tick}${CONNECT}
+0 > S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>
+.1 < S. 0:0(0) ack 1 win 9000 <mss 1000,nop,nop,TS val 7 ecr 100>
+0 > . 1:1(0) ack 1 <nop,nop,TS val ${second} ecr 7>
`;
  assertEquals(verdict(text("", 9999)), "ok");
  assertEquals(verdict(text("--tcp_ts_tick_usecs=1000\n", 200)), "ok");
  assertEquals(
    verdict(text("--tcp_ts_tick_usecs=1000\n", 300)).includes("TS val 300"),
    true,
  );
});

Deno.test("options are a set unless one is strict", () => {
  const text =
    `${CONNECT}+0 > S 0:0(0) <wscale 7,mss 1460,sackOK,TS val 1 ecr 0>\n`;
  assertEquals(verdict(text), "ok");
  assertEquals(
    verdict(`--strict_options\n${text}`).startsWith("wrong packet: options"),
    true,
  );
});

Deno.test("failures that are not fatal let the script go on", () => {
  const text = `${CONNECT}+0 > S. 1:1(0) <...>\n+0 close(3) = 0\n`;
  assertEquals(verdict(text).startsWith("wrong packet"), true);
  const { result } = judge("x.pkt", `--non_fatal=packet\n${text}`);
  assertEquals([result.failure, result.passed.length], [undefined, 1]);
});

Deno.test("settings reach a host that runs already", () => {
  const again = (sack: string) =>
    `${CONNECT}
+0 > S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>
+0 close(3) = 0
+0 \`sysctl -w net.ipv4.tcp_sack=0\`
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4
+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(4, ..., ...) = -1 EINPROGRESS (in progress)
+0 > S 0:0(0) <mss 1460,${sack}TS val 1 ecr 0,nop,wscale 7>
`;
  assertEquals(verdict(again("")), "ok");
  assertEquals(verdict(again("sackOK,")).includes("options"), true);
});

Deno.test("packets of other conversations are passed over, with a note", () => {
  const { result } = judge(
    "x.pkt",
    `${CONNECT}+0 > S 0:0(0) <...>
+0 < S. 0:0(0) ack 1 win 9000 <mss 1000>
+0 > . 1:1(0) ack 1
+0 close(3) = 0
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4
+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(4, ..., ...) = -1 EINPROGRESS (in progress)
+0 > S 0:0(0) <...>
`,
  );
  assertEquals(result.failure, undefined);
  assertEquals(result.notes.length, 1);
  assertEquals(result.notes[0]!.includes("F. 1:1(0) ack 1"), true);
});

Deno.test("the program's exit code says whether all scripts pass", async () => {
  const run = async (...args: string[]) => {
    const program = new URL("./packetdrill.ts", import.meta.url).pathname;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-read", program, ...args],
    }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  };
  const folder = new URL("./packetdrill/", import.meta.url).pathname;
  const passed = await run("--json", `${folder}udp.pkt`);
  assertEquals(passed.code, 0);
  assertEquals(JSON.parse(passed.text).ok, true);
  const absent = await run(`${folder}udp.pkt`, `${folder}none.pkt`);
  assertEquals(absent.code, 1);
  assertEquals(absent.text.includes("1 of 2 pass"), true);
  const settings = await run("--settings");
  assertEquals(settings.code, 0);
  assertEquals(settings.text.includes("net.ipv4.tcp_sack"), true);
  assertEquals((await run("--frob=1", `${folder}udp.pkt`)).code, 1);
});

Deno.test("calls check what they are given, as a system does", () => {
  const text = (line: string) => `${CONNECT}+0 ${line}\n`;
  const key = 'setsockopt(3, SOL_TCP, TCP_FASTOPEN_KEY, "0123456789abcdef"';
  assertEquals(verdict(text(`${key}, 16) = 0`)), "ok");
  assertEquals(verdict(text(`${key}, 3) = -1 EINVAL (x)`)), "ok");
  for (const call of ["read(3, NULL, 1)", "recv(3, NULL, 1, 0)"]) {
    assertEquals(verdict(text(`${call} = -1 EFAULT (x)`)), "ok");
  }
});
