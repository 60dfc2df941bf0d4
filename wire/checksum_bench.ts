import { Kernel, sum } from "./checksum.ts";

const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
const bytes = new Uint8Array(memory.buffer);
for (let i = 0; i < bytes.length; i++) bytes[i] = 7 * i + 3;
const view = new DataView(memory.buffer);
const kernel = new Kernel(memory);
let total = 0;

for (const length of [20, 64, 1460, 65000]) {
  const times = length > 10000 ? 10 : 1000;
  const group = `${times} times ${length} octets`;
  Deno.bench(`sum() ${group}`, { group, baseline: true }, () => {
    for (let i = 0; i < times; i++) total = sum(view, i & 63, length, total);
  });
  Deno.bench(`Kernel.sum() ${group}`, { group }, () => {
    for (let i = 0; i < times; i++) total = kernel.sum(i & 63, length, total);
  });
}
