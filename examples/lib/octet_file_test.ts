import { assertEquals } from "@std/assert";
import { OctetFile } from "./octet_file.ts";

Deno.test("OctetFile holds what was written in pieces of any size", () => {
  const path = Deno.makeTempFileSync();
  try {
    const expected: number[] = [];
    {
      using file = new OctetFile(path);
      let value = 0;
      for (const length of [0, 1, 65535, 262_144, 7, 262_145, 262_143, 2]) {
        const octets = new Uint8Array(length);
        for (let i = 0; i < length; i++) octets[i] = value++ % 251;
        for (const octet of octets) expected.push(octet);
        file.write(octets);
        octets.fill(255);
      }
      file.flush();
      file.write(new Uint8Array([9]));
      expected.push(9);
    }
    assertEquals(Deno.readFileSync(path), new Uint8Array(expected));
  } finally {
    Deno.removeSync(path);
  }
});
