import * as bpf from "./bpf.ts";
import * as filter from "./filter.ts";

const FILTERS = [
  "tcp",
  "tcp port 80",
  "host 192.0.2.9 or net 10.0.0.0/8",
  "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
  "not host 2001:db8::1 and (port 53 or 443)",
];
const TIMES = 1000;
const LENGTH = 128;

/** A thousand datagrams of TCP or UDP over IPv4 and TCP over IPv6 in turn. */
const view = new DataView(new ArrayBuffer(TIMES * LENGTH));
for (let i = 0; i < TIMES; i++) {
  const at = i * LENGTH;
  const six = i % 4 === 3;
  view.setUint16(at + 12, six ? 0x86dd : 0x0800);
  view.setUint8(at + 14, six ? 0x60 : 0x45);
  view.setUint8(at + (six ? 20 : 23), i % 4 === 1 ? 17 : 6);
  view.setInt32(at + 26, 0xc0000200 + i);
  view.setUint16(at + (six ? 54 : 34), i);
  view.setUint16(at + (six ? 56 : 36), i % 3 === 0 ? 80 : 443);
}
let total = 0;

for (const text of FILTERS) {
  const group = `${TIMES} frames, "${text}"`;
  const wanted = filter.compile(text);
  const machine = new bpf.Machine(bpf.compile(text));
  Deno.bench(`Filter.matches() ${group}`, { group, baseline: true }, () => {
    for (let at = 0; at < view.byteLength; at += LENGTH) {
      if (wanted.matches(view, at, at + LENGTH)) total++;
    }
  });
  Deno.bench(`Machine.run() ${group}`, { group }, () => {
    for (let at = 0; at < view.byteLength; at += LENGTH) {
      if (machine.run(view, at, at + LENGTH) > 0) total++;
    }
  });
}

Deno.bench(`compile() "${FILTERS[4]}"`, () => {
  total += filter.compile(FILTERS[4]!).text.length;
});
