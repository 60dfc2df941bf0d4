import { crc } from "./crc32c.ts";

const view = new DataView(new ArrayBuffer(65536));
for (let at = 0; at < view.byteLength; at++) view.setUint8(at, 7 * at + 3);
let total = 0;

for (const length of [16, 64, 1460, 65000]) {
  const times = length > 10000 ? 10 : 1000;
  Deno.bench(`crc() ${times} times ${length} octets`, () => {
    for (let i = 0; i < times; i++) total = crc(view, i & 63, length, total);
  });
}
