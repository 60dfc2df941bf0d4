import fc from "fast-check";
import * as bpf from "/work/wt-filter/wire/bpf.ts";
import * as filter from "/work/wt-filter/wire/filter.ts";
import { FILTERS, ETHERNET_FILTERS, packetsByLinkType, textOf } from "/work/wt-filter/wire/_filter_test_util.ts";
const all = packetsByLinkType().get(1)!.filter((_, i) => i % 20 === 0);
const packets = all.flatMap((p) => [p, ...[13, 22, 37, 50].filter((l) => l < p.view.byteLength).map((l) => ({ ...p, view: new DataView(p.view.buffer.slice(0, l)) }))]);
const size = packets.reduce((s, p) => s + 16 + p.view.byteLength, 24);
const file = new Uint8Array(size); const v = new DataView(file.buffer);
v.setUint32(0, 0xa1b2c3d4, true); v.setUint16(4, 2, true); v.setUint16(6, 4, true); v.setUint32(16, 262144, true); v.setUint32(20, 1, true);
let at = 24;
packets.forEach((p, n) => { v.setUint32(at, n, true); v.setUint32(at + 8, p.view.byteLength, true); v.setUint32(at + 12, p.wireLength, true); file.set(new Uint8Array(p.view.buffer), at + 16); at += 16 + p.view.byteLength; });
Deno.writeFileSync("/tmp/ethox/filter/fuzz.pcap", file);
async function picked(text: string, ...o: string[]) {
  const { success, stdout, stderr } = await new Deno.Command("bash", { args: ["-c", 'exec tcpdump "${@:2}" -nn -r - -w - -- "$1" < /tmp/ethox/filter/fuzz.pcap', "x", text, ...o] }).output();
  if (!success) return new TextDecoder().decode(stderr).split("\n").filter((l) => !/reading|snapshot/.test(l)).join(" ");
  const numbers = new Set<number>(); const view = new DataView(stdout.buffer, stdout.byteOffset, stdout.length);
  for (let at = 24; at < view.byteLength;) { numbers.add(view.getUint32(at, true)); at += 16 + view.getUint32(at + 8, true); }
  return numbers;
}
const seed = Number(Deno.args[0] ?? 1);
const texts = fc.sample(textOf([...FILTERS, ...ETHERNET_FILTERS]), { numRuns: Number(Deno.args[1] ?? 300), seed });
let odd = 0, bad = 0, errs = 0, n = 0;
for (const text of texts) {
  let mine; 
  try { mine = filter.compile(text, { netmask: 0 }); } catch (e) { const t = await picked(text); if (typeof t !== "string") { console.log("MINE REFUSES", text, String(e)); } errs++; continue; }
  const plain = await picked(text, "-O");
  if (typeof plain === "string") { if (errs++ < 10) console.log("THEY REFUSE", text, plain); continue; }
  const opt0 = await picked(text);
  const opt = typeof opt0 === "string" ? (/rejects all/.test(opt0) ? new Set<number>() : (console.log(opt0), plain)) : opt0;
  n++;
  let said = false;
  packets.forEach((p, i) => {
    const w = mine.matches(p.view, 0, p.view.byteLength, p.wireLength);
    if (w === opt.has(i)) return;
    if (w === plain.has(i)) { odd++; return; }
    bad++;
    if (!said) { said = true; console.log("BAD", text, p.name, p.view.byteLength, w, plain.has(i), opt.has(i)); }
  });
}
console.log({ n, odd, bad, errs, packets: packets.length });
