import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { captures, cases, present, view } from "./_oracle_test_util.ts";
import * as arp from "./arp.ts";
import { LinkType } from "./dissector.ts";
import * as ethernet from "./ethernet.ts";
import * as icmpv4 from "./icmpv4.ts";
import { Protocol } from "./ip.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { Printer } from "./pretty.ts";
import * as tcp from "./tcp.ts";
import { Writer } from "./text.ts";
import * as udp from "./udp.ts";

const A = ipv4.Address.parse("192.0.2.1").value;
const B = ipv4.Address.parse("192.0.2.2").value;

/** A frame with an IPv4 datagram, whose payload `fill` writes at 34. */
function frame(
  protocol: number,
  octets: number,
  fill: (view: DataView, at: number) => void = () => {},
  change: (header: ipv4.Repr) => void = () => {},
): DataView {
  const view = new DataView(new ArrayBuffer(34 + octets));
  const link = new ethernet.Repr();
  link.destinationHigh = 0x0200;
  link.destinationLow = 2;
  link.sourceHigh = 0x0200;
  link.sourceLow = 1;
  link.etherType = ethernet.EtherType.IPV4;
  link.emit(view, 0);
  const header = new ipv4.Repr();
  header.source = A;
  header.destination = B;
  header.protocol = protocol;
  header.payloadLength = octets;
  change(header);
  header.emit(view, 14);
  new ipv4.View(view, 14).fillChecksum();
  fill(view, 34);
  return view;
}

function line(view: DataView, printer: Printer = new Printer()): string {
  return printer.line(view, 0, view.byteLength);
}

function segment(
  change: (repr: tcp.Repr) => void,
  payload = 0,
): DataView {
  const repr = new tcp.Repr();
  repr.sourcePort = 49152;
  repr.destinationPort = 80;
  repr.payloadLength = payload;
  change(repr);
  return frame(Protocol.TCP, repr.bufferLength, (view, at) => {
    repr.emit(view, at);
    new tcp.View(view, at).fillChecksum4(A, B);
  });
}

Deno.test("Printer.line() tells of a SYN with its options as tcpdump does", () => {
  const syn = segment((repr) => {
    repr.flags = tcp.SYN;
    repr.sequence = -1;
    repr.window = 64240;
    repr.options.mss = 1460;
    repr.options.sackPermitted = true;
    repr.options.windowScale = 7;
  });
  assertEquals(
    line(syn),
    "IP 192.0.2.1.49152 > 192.0.2.2.80: Flags [S], seq 4294967295, win 64240, " +
      "options [mss 1460,sackOK,wscale 7,nop,nop,nop], length 0",
  );
});

Deno.test("Printer.line() gives both ends of data, also across 2^32", () => {
  const data = segment((repr) => {
    repr.flags = tcp.ACK | tcp.PSH;
    repr.sequence = -2;
    repr.acknowledgment = 7;
    repr.window = 1;
    repr.destinationPort = 9;
  }, 5);
  assertEquals(
    line(data),
    "IP 192.0.2.1.49152 > 192.0.2.2.9: Flags [P.], seq 4294967294:3, ack 7, " +
      "win 1, length 5",
  );
});

Deno.test("Printer.line() remarks upon a wrong checksum unless told not to", () => {
  const bad = segment((repr) => repr.flags = tcp.RST);
  bad.setUint16(50, 0x1234);
  const said =
    "IP 192.0.2.1.49152 > 192.0.2.2.80: Flags [R], cksum 0x1234 (incorrect), " +
    "seq 0, win 0, length 0";
  assertEquals(line(bad), said);
  assertEquals(
    line(bad, new Printer({ checksums: false })),
    said.replace(", cksum 0x1234 (incorrect)", ""),
  );
});

Deno.test("Printer.line() takes a partial checksum for one of a device to come", () => {
  const partial = segment((repr) => repr.flags = tcp.RST);
  new tcp.View(partial, 34).fillPseudo4(A, B);
  assert(!line(partial).includes("incorrect"));
});

Deno.test("Printer.line() names the port of an ICMP error", () => {
  const quote = frame(Protocol.UDP, 8, (view, at) => {
    const repr = new udp.Repr();
    repr.destinationPort = 9;
    repr.emit(view, at);
  });
  const error = frame(Protocol.ICMP, 36, (view, at) => {
    const repr = new icmpv4.Repr();
    repr.type = icmpv4.DESTINATION_UNREACHABLE;
    repr.code = icmpv4.PORT_UNREACHABLE;
    repr.payloadLength = 28;
    repr.emit(view, at);
    for (let i = 0; i < 28; i++) {
      view.setUint8(at + 8 + i, quote.getUint8(14 + i));
    }
    new icmpv4.View(view, at).fillChecksum();
  });
  assertEquals(
    line(error),
    "IP 192.0.2.1 > 192.0.2.2: ICMP 192.0.2.2 udp port 9 unreachable, length 36",
  );
});

Deno.test("Printer.line() says where a fragment belongs", () => {
  const later = frame(Protocol.UDP, 16, undefined, (header) => {
    header.fragmentOffset = 1480;
  });
  assertEquals(
    line(later),
    "IP 192.0.2.1 > 192.0.2.2: UDP, fragment offset 1480, length 16",
  );
});

Deno.test("Printer.line() says how many octets of a datagram are missing", () => {
  const whole = frame(Protocol.UDP, 100, (view, at) => {
    const repr = new udp.Repr();
    repr.destinationPort = 9;
    repr.payloadLength = 92;
    repr.emit(view, at);
  });
  const cut = new DataView(whole.buffer, 0, 60);
  assertMatch(
    line(cut),
    /^IP truncated-ip - 74 bytes missing! 192\.0\.2\.1\.0 > 192\.0\.2\.2\.9: UDP/,
  );
});

Deno.test("Printer.line() begins with the Ethernet header where asked to", () => {
  const question = new arp.Repr();
  question.operation = arp.Operation.REQUEST;
  question.senderProtocol = A;
  question.targetProtocol = B;
  const octets = new DataView(new ArrayBuffer(42));
  const link = new ethernet.Repr();
  link.destinationHigh = 0xffff;
  link.destinationLow = -1;
  link.etherType = ethernet.EtherType.ARP;
  link.emit(octets, 0);
  question.emit(octets, 14);
  assertEquals(
    line(octets, new Printer({ link: true })),
    "00:00:00:00:00:00 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: " +
      "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28",
  );
});

Deno.test("Printer.line() reads IPv6 and bare datagrams", () => {
  const view = new DataView(new ArrayBuffer(48));
  const header = new ipv6.Repr();
  header.nextHeader = Protocol.UDP;
  header.payloadLength = 8;
  header.emit(view, 0);
  new udp.Repr().emit(view, 40);
  const printer = new Printer({ medium: "ip", checksums: false });
  assertEquals(line(view, printer), "IP6 ::.0 > ::.0: UDP, length 0");
  printer.linkType = LinkType.IPV6;
  assertEquals(line(view, printer), "IP6 ::.0 > ::.0: UDP, length 0");
  printer.linkType = 9999;
  assertEquals(line(view, printer), "link type 9999, length 48");
});

Deno.test("A95 text of strangers reaches a line in printable ASCII only", () => {
  const text = "GET /\x1b[2J\x07é HTTP/1.1\r\nHost: x\r\n";
  const request = segment((repr) => {
    repr.flags = tcp.ACK;
    repr.payloadLength = text.length;
  });
  for (let i = 0; i < text.length; i++) {
    request.setUint8(54 + i, text.charCodeAt(i) & 0xff);
  }
  new tcp.View(request, 34).fillChecksum4(A, B);
  const printed = line(request);
  assertMatch(printed, /: HTTP: GET \/$/);
  request.setUint8(59, 0x9b);
  assertMatch(line(request), /^[\x20-\x7e]+$/);
});

Deno.test("Printer.append() writes to a writer of the caller", () => {
  const out = new Writer();
  const printer = new Printer({ out });
  const octets = segment((repr) => repr.flags = tcp.FIN);
  out.text("1 ");
  printer.append(octets, 0, octets.byteLength);
  assertEquals(out.toString(), `1 ${line(octets)}`);
  // A line that is returned leaves nothing behind.
  printer.line(octets, 0, octets.byteLength);
  assertEquals(out.toString(), `1 ${line(octets)}`);
});

Deno.test("Printer.tree() puts what is carried below its header", () => {
  const octets = segment((repr) => {
    repr.flags = tcp.SYN;
    repr.options.mss = 1460;
  });
  const tree = new Printer().tree(octets, 0, octets.byteLength).split("\n");
  assertEquals(tree.map((text) => /^ */.exec(text)![0].length), [
    ...[0, 2, 4, 4, 4, 6, 6],
  ]);
  assertMatch(tree[0]!, /^Ethernet 02:00:00:00:00:01 > /);
  assertMatch(tree[4]!, /TCP 49152 > 80, flags \[S\]/);
  assertEquals(tree[6], "      option mss 1460");
  octets.setUint16(50, 1);
  assertMatch(
    new Printer().tree(octets, 0, octets.byteLength),
    /TCP 49152 > 80.* \(wrong checksum\)/,
  );
});

Deno.test("A16 Printer takes any octets on any link type", () => {
  const printer = new Printer({ link: true });
  const types = [...Object.values(LinkType), 4242];
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(...types),
    (bytes, linkType) => {
      const octets = new DataView(bytes.slice().buffer);
      printer.linkType = linkType;
      const text = printer.line(octets, 0, octets.byteLength);
      assertMatch(text, /^[\x20-\x7e]+$/);
      assert(printer.tree(octets, 0, octets.byteLength) !== "");
    },
  ));
  assertEquals(line(view(""), new Printer()), "Ethernet [truncated], length 0");
});

/** Whether a program can be started. */
function found(program: string): boolean {
  try {
    return new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}

/** What tcpdump prints of a capture: a line for each frame. */
function tcpdump(capture: string): string[] {
  const path = new URL(
    `../../shared/conformance/pcap/${capture}.pcap`,
    import.meta.url,
  ).pathname;
  const { stdout } = new Deno.Command("tcpdump", {
    args: ["-nn", "-t", "-S", "-r", path],
    stderr: "null",
  }).outputSync();
  return new TextDecoder().decode(stdout).split("\n")
    .filter((text) => text !== "" && !/^\s/.test(text));
}

const obstacle = !present
  ? " (skipped: no ../shared/conformance)"
  : found("tcpdump")
  ? ""
  : " (skipped: no tcpdump)";

Deno.test({
  name: `Printer and tcpdump say the same of most frames${obstacle}`,
  ignore: obstacle !== "",
  fn() {
    const printer = new Printer({ checksums: false });
    let same = 0;
    let total = 0;
    for (const capture of captures()) {
      const all = cases(capture);
      const theirs = tcpdump(capture);
      // Some frames take several lines, or none.
      if (theirs.length !== all.length) continue;
      all.forEach(({ linkType, view, frame }, i) => {
        printer.linkType = linkType & 0xfffffff;
        printer.out.clear();
        printer.append(view, 0, view.byteLength, frame.len);
        // What tcpdump knows of protocols above is left out.
        const plain = (text: string) => text.replace(/(, length \d+).*/, "$1");
        total++;
        if (plain(printer.out.toString()) === plain(theirs[i]!)) same++;
      });
    }
    assert(total > 4400, `${total} frames`);
    assert(same / total > 0.75, `${same} of ${total} frames`);
  },
});

Deno.test("Printer does not read beyond a datagram that ends in its header", () => {
  const whole = frame(Protocol.UDP, 8);
  for (let octets = 1; octets < 20; octets++) {
    const cut = new DataView(whole.buffer.slice(14, 14 + octets));
    const printer = new Printer({ medium: "ip", checksums: true });
    assertMatch(printer.line(cut, 0, octets), /^IP\S* \[\w+\], length \d+$/);
    printer.tree(cut, 0, octets);
  }
  // What a fuzzer found: a total length below the header's, beyond the octets.
  const found = view("4500000a8ca540002f");
  assertMatch(new Printer({ medium: "ip" }).line(found, 0, 9), /\[\w+\]/);
});
