// The kernel's side of duplex_program.ts: prints the sum of what it received.
//
//   duplex_kernel.ts connect|listen <address> <port> <octets>

import { crc32 } from "node:zlib";
import { PERIOD, Table } from "@ethox/storage/pattern";
import { print } from "./terminal.ts";

const [role, hostname, port, octets] = Deno.args;
const total = Number(octets);
const where = { hostname: hostname!, port: Number(port) };

async function meet(): Promise<Deno.Conn> {
  if (role === "connect") return await Deno.connect(where);
  using listener = Deno.listen(where);
  print("Listening");
  return await listener.accept();
}

const connection = await meet();

async function send(): Promise<void> {
  const piece = new Uint8Array(16 * PERIOD);
  for (let i = 0; i < piece.length; i++) piece[i] = Table.standard.octet(i);
  for (let sent = 0; sent < total;) {
    // A piece is a whole number of periods: each begins where the last ended.
    const from = sent % PERIOD;
    const left = Math.min(piece.length - from, total - sent);
    sent += await connection.write(piece.subarray(from, from + left));
  }
  await connection.closeWrite();
}

async function receive(): Promise<readonly [number, number]> {
  const piece = new Uint8Array(1 << 20);
  let received = 0;
  let sum = 0;
  for (;;) {
    const length = await connection.read(piece);
    if (length === null) return [received, sum];
    sum = crc32(piece.subarray(0, length), sum);
    received += length;
  }
}

const [, [received, sum]] = await Promise.all([send(), receive()]);
print(`received ${received} sum ${sum}`);
connection.close();
