// Every script of `packetdrill/` runs, and the interpreter itself: what it
// understands, and that it fails where a script does not come true.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { optionsText } from "./lib/packetdrill/config.ts";
import { failureText, judge } from "./lib/packetdrill/program.ts";
import { settingsText } from "./lib/packetdrill/settings.ts";

const FOLDER = new URL("./packetdrill/", import.meta.url);

Deno.test("the README has the options and settings that there are", () => {
  const text = Deno.readTextFileSync(new URL("README.md", FOLDER));
  assert(text.includes(`\n${optionsText()}\n`));
  assert(text.includes(`\n${settingsText()}\n`));
});

/** All scripts below a folder. */
function* scripts(folder: URL, path = ""): Generator<string> {
  const entries = [...Deno.readDirSync(folder)];
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) {
      yield* scripts(new URL(`${name}/`, folder), `${path}${name}/`);
    } else if (name.endsWith(".pkt")) yield path + name;
  }
}

/** The ids of requirements that a script's comments name. */
function ids(text: string): string {
  const found = text.match(/\[RFC\d+ [\w.-]+\]/g) ?? [];
  return [...new Set(found)].join(" ");
}

for (const path of scripts(FOLDER)) {
  const text = Deno.readTextFileSync(new URL(path, FOLDER));
  Deno.test(`packetdrill/${path} ${ids(text)}`.trim(), () => {
    const { result } = judge(path, text);
    const { failure } = result;
    assert(failure === undefined, failure && failureText(path, failure));
  });
}

const OPEN = `
 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
`;

/** What a script that begins with a connection comes to, as text. */
function verdict(text: string, begin: string = OPEN): string {
  const { result } = judge("x.pkt", begin + text);
  return result.failure === undefined
    ? "ok"
    : failureText("x.pkt", result.failure);
}

Deno.test("judge passes what comes true", () => {
  assertEquals(
    verdict(`+0 write(4, ..., 100) = 100
+0 > P. 1:101(100) ack 1
+.1 < . 1:1(0) ack 101 win 32792
`),
    "ok",
  );
});

Deno.test("judge fails with the line and both packets when flags differ", () => {
  assertEquals(
    verdict("+0 write(4, ..., 100) = 100\n+0 > F. 1:101(100) ack 1\n"),
    `x.pkt:10: wrong packet: flags F., got P.
    expected: > F. 1:101(100) ack 1 at 0.100000
    actual:   > P. 1:101(100) ack 1 at 0.100000`,
  );
});

for (
  const [what, line, message] of [
    ["sequence number", "+0 > P. 2:102(100) ack 1", /sequence 2, got 1/],
    ["length", "+0 > P. 1:51(50) ack 1", /octets 50, got 100/],
    ["acknowledgment", "+0 > P. 1:101(100) ack 2", /ack 2, got 1/],
    ["window", "+0 > P. 1:101(100) ack 1 win 7", /win 7, got \d+/],
    ["urgent pointer", "+0 > P. 1:101(100) ack 1 urg 7", /urg 7, got 0/],
    ["option", "+0 > P. 1:101(100) ack 1 <mss 1>", /options <mss 1>, got <>/],
    ["protocol", "+0 > udp (100)", /a packet of udp/],
    ["ECN field", "+0 > [ce] P. 1:101(100) ack 1", /ECN 3, got 0/],
  ] as const
) {
  Deno.test(`judge fails when the ${what} differs`, () => {
    const text = verdict(`+0 write(4, ..., 100) = 100\n${line}\n`);
    assertMatch(text, /^x\.pkt:10: wrong packet/);
    assertMatch(text, message);
  });
}

Deno.test("judge fails when nothing comes, at the end of the tolerance", () => {
  assertEquals(
    verdict("+.1 > . 1:1(0) ack 2\n"),
    `x.pkt:9: no packet came
    expected: > . 1:1(0) ack 2 at 0.200000
    actual:   nothing until 0.204000`,
  );
});

Deno.test("judge fails when the packet comes too early", () => {
  assertMatch(
    verdict("+0 write(4, ..., 9) = 9\n+.1 > P. 1:10(9) ack 1\n"),
    /^x\.pkt:10: the packet came at the wrong time\n.*at 0\.2.*\n.*at 0\.1/,
  );
});

Deno.test("judge takes a packet within a range of times only", () => {
  const late = "+0 < P. 1:11(10) ack 1 win 32792\n";
  assertEquals(verdict(`${late}+0~+.05 > . 1:1(0) ack 11\n`), "ok");
  assertEquals(verdict(`${late}.1~.2 > . 1:1(0) ack 11\n`), "ok");
  assertEquals(verdict(`${late}* > . 1:1(0) ack 11\n`), "ok");
  assertMatch(verdict(`${late}.3~.4 > . 1:1(0) ack 11\n`), /wrong time/);
});

Deno.test("judge holds times to the tolerance of the headers", () => {
  const text = `${OPEN}+0 < P. 1:11(10) ack 1 win 32792
+.3 > . 1:1(0) ack 11\n`;
  assertMatch(verdict("", text), /wrong time/);
  assertEquals(verdict("", `--tolerance_usecs=400000\n${text}`), "ok");
});

for (
  const [line, message] of [
    ["+0 read(4, ..., 10) = 10", /read returned|read has not/],
    ["+0 write(4, ..., 10) = 9", /write: expected 9, got 10/],
    ["+0 close(5) = 0", /close: expected 0, got -1 EBADF/],
    ["+0 close(5) = -1 EINVAL (x)", /expected -1 EINVAL, got -1 EBADF/],
    [
      "+0 getsockopt(4, SOL_SOCKET, SO_TYPE, [7], [4]) = 0",
      /expected \[7\], got \[1\]/,
    ],
  ] as const
) {
  Deno.test(`judge fails when a call differs: ${line}`, () => {
    const text = verdict(`${line}\n`);
    assertMatch(text, /^x\.pkt:9: /);
    assertMatch(text, message);
  });
}

Deno.test("judge wants blocking calls to return when the script says so", () => {
  const text = (end: string) =>
    `+0...${end} read(4, ..., 10) = 10\n+.1 < P. 1:11(10) ack 1 win 9000\n`;
  assertEquals(verdict(text("0.1")), "ok");
  assertMatch(verdict(text("0.05")), /read returned at the wrong time/);
  assertMatch(verdict(text("0.3")), /read returned at the wrong time/);
  assertMatch(
    verdict("+0...0.05 read(4, ..., 10) = 10\n"),
    /^x\.pkt:9: read has not returned at 0\.154/,
  );
});

Deno.test("judge names the line that it cannot understand", () => {
  assertMatch(
    verdict("+0 > X. 1:1(0)\n"),
    /^x\.pkt:9: expected flags such as S\. or P\. at 'X\. 1:1\(0\)'/,
  );
  assertMatch(verdict("+0 > . 1:9(1)\n"), /^x\.pkt:9: .*1:9 are not 1 octets/);
  assertMatch(verdict("+0 frob(4) = 0\n"), /^x\.pkt:9: not supported: .*frob/);
});

Deno.test("judge evaluates snippets over tcp_info", () => {
  const code = "+0 %{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%\n";
  assertEquals(verdict(code), "ok");
  assertMatch(
    verdict(code.replace("10", "11")),
    /x\.pkt:9: assert tcpi_snd_cwnd == 11.* with tcpi_snd_cwnd = 10/,
  );
});

Deno.test("judge puts definitions in", () => {
  assertEquals(
    verdict(
      "",
      `--define=OCTETS=100\n${OPEN}+0 write(4, ..., OCTETS) = OCTETS
+0 > P. 1:101(100) ack 1\n`,
    ),
    "ok",
  );
});

Deno.test("judge takes options behind `...` as they come", () => {
  const begin = `
 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,wscale 2>
`;
  const answer = (options: string) =>
    verdict(`+0 > S. 0:0(0) ack 1 <${options}>\n`, begin);
  assertEquals(answer("mss 1460,..."), "ok");
  assertEquals(answer("sackOK,mss 1460,..."), "ok");
  assertMatch(answer("mss 1400,..."), /options <mss 1400,\.\.\.>/);
  assertMatch(answer("mss 1460"), /options/);
});

Deno.test("judge counts from a SYN that is answered by one, and from no other", () => {
  const again = "< S 5000:5000(0) win 32792 <mss 1000>\n";
  assertEquals(
    verdict(`+.1 ${again}+0 > . 1:1(0) ack 1
+.1 < R 1:1(0) win 0
+.1 ${again}+0 > S. 0:0(0) ack 5001 <...>
`),
    "ok",
  );
});

Deno.test("judge tunes what has no name elsewhere", () => {
  const script = (quick: number) =>
    verdict(
      "+.1 < . 1:1001(1000) ack 1 win 32792\n+.04 > . 1:1(0) ack 1001\n",
      `\`sysctl -q ethox.tcp.quickAcks=${quick}\`${OPEN}`,
    );
  assertEquals(script(0), "ok");
  assertMatch(script(1), /wrong time/);
});

Deno.test("judge damages a segment when told to", () => {
  const script = (damage: string) =>
    verdict(`+.1 < P. 1:101(100) ack 1 win 32792 ${damage}
+0 > . 1:1(0) ack 101
`);
  assertEquals(script(""), "ok");
  assertMatch(script("{bad checksum}"), /no packet came/);
});
