import { assert, assertEquals, assertMatch } from "@std/assert";
import { live } from "./lib/live.ts";
import type { Namespace, Program } from "./lib/namespace.ts";
import { fill, Scratch, sumOf } from "./lib/scratch.ts";
import { HARDWARE, host, KERNEL, OURS, wire, WIRINGS } from "./lib/wiring.ts";

const GIGABYTE = 1_000_000_000;
const PORT = 8000;

/** Our server, of a folder with one file of so many octets. */
async function serving(
  namespace: Namespace,
  name: string,
  scratch: Scratch,
  octets: number,
  ...options: readonly string[]
): Promise<Program> {
  fill(scratch.file("data"), octets);
  const args = [`${PORT}`, scratch.path, ...options];
  const allowed = [`--allow-read=${scratch.path}`];
  return await host(namespace, "httpd.ts", name, args, allowed);
}

/** The kernel's server, of such a folder. */
async function kernelServing(
  namespace: Namespace,
  scratch: Scratch,
  octets: number,
): Promise<Program> {
  fill(scratch.file("data"), octets);
  const server = namespace.start("python3", [
    ...["-u", "-m", "http.server", "--bind", KERNEL, `${PORT}`],
  ], { cwd: scratch.path });
  await server.until(/Serving/);
  return server;
}

/** Our client. */
function curl(
  namespace: Namespace,
  name: string,
  scratch: Scratch,
  ...args: readonly string[]
): Program {
  return namespace.example("curl.ts", [
    ...[name, `${OURS}/24`, HARDWARE, `${KERNEL}/24`],
    ...args,
  ], [`--allow-write=${scratch.path}`]);
}

const url = `http://${OURS}:${PORT}`;

for (const [wiring, device] of WIRINGS) {
  await live(
    `httpd serves 1 GB to two clients of the kernel at once over ${wiring}`,
    { programs: ["curl"], device },
    async (namespace) => {
      using scratch = new Scratch();
      const name = await wire(namespace, wiring);
      await using _ = await serving(namespace, name, scratch, GIGABYTE);
      const files = [scratch.file("1"), scratch.file("2")];
      const outputs = await Promise.all(
        files.map((file) =>
          namespace.run("curl", ["-sS", "-f", "-o", file, `${url}/data`])
        ),
      );
      for (const { code, stderr } of outputs) assertEquals(code, 0, stderr);
      const expected = await sumOf(scratch.file("data"));
      for (const file of files) assertEquals(await sumOf(file), expected);
    },
  );

  await live(
    `httpd serves 200 connections of the kernel for 20 s over ${wiring}`,
    { programs: ["wrk"], device },
    async (namespace) => {
      using scratch = new Scratch();
      const name = await wire(namespace, wiring);
      await using _ = await serving(namespace, name, scratch, 1000);
      const { stdout, code } = await namespace.run("wrk", [
        ...["-t", "1", "-c", "200", "-d", "20", `${url}/data`],
      ]);
      assertEquals(code, 0);
      const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
      assert(requests > 200, stdout);
      // wrk speaks of either only where there were some.
      assert(!/Socket errors|Non-2xx/.test(stdout), stdout);
    },
  );

  await live(
    `curl fetches 1 GB from a server on the kernel over ${wiring}`,
    { programs: ["python3"], device },
    async (namespace) => {
      using scratch = new Scratch();
      const name = await wire(namespace, wiring);
      await using _ = await kernelServing(namespace, scratch, GIGABYTE);
      const file = scratch.file("got");
      const args = [KERNEL, `${PORT}`, "/data", "-o", file];
      await using program = curl(namespace, name, scratch, ...args);
      assertEquals(await program.end(), 0, program.output);
      assertEquals(await sumOf(file), await sumOf(scratch.file("data")));
    },
  );

  await live(
    `curl fetches 10 MB from the kernel at a loss of 5 % over ${wiring}`,
    { programs: ["python3"], device },
    async (namespace) => {
      using scratch = new Scratch();
      const name = await wire(namespace, wiring);
      await using _ = await kernelServing(namespace, scratch, 10_000_000);
      const file = scratch.file("got");
      await using program = curl(
        namespace,
        name,
        scratch,
        ...[KERNEL, `${PORT}`, "/data", "-o", file],
        ...["--loss", "0.05", "--seed", "3"],
      );
      assertEquals(await program.end(), 0, program.output);
      assertEquals(await sumOf(file), await sumOf(scratch.file("data")));
    },
  );
}

await live(
  "httpd answers GET, HEAD, what is not there and what it may not show",
  { programs: ["curl"], device: "tap" },
  async (namespace) => {
    using scratch = new Scratch();
    const name = await wire(namespace, "tap");
    await using _ = await serving(namespace, name, scratch, 100_000);
    Deno.mkdirSync(scratch.file("inner"));
    Deno.writeTextFileSync(scratch.file("inner/index.html"), "<p>inner");
    Deno.symlinkSync("/etc/hostname", scratch.file("way-out"));
    const get = async (...args: readonly string[]) =>
      (await namespace.run("curl", ["-sS", ...args])).stdout;
    const code = (...args: readonly string[]) =>
      get("-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", ...args);
    assertEquals(await get(`${url}/inner/`), "<p>inner");
    assertEquals(await code(`${url}/data`), "200");
    assertMatch(await get("-I", `${url}/data`), /content-length: 100000\r\n/i);
    assertEquals(await code(`${url}/nothing`), "404");
    assertEquals(await code("-X", "POST", `${url}/data`), "405");
    for (const path of ["../etc/passwd", "%2e%2e/%2e%2e/etc/passwd"]) {
      assertMatch(await code(`${url}/${path}`), /^40[034]$/);
    }
    // Beyond the folder there is no permission, nor should there be an answer.
    assertMatch(await code(`${url}/way-out`), /^40[034]$/);
    // One connection serves more than one request.
    const reused = await get(
      ...["-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects} "],
      ...[`${url}/data`, `${url}/inner/`],
    );
    assertEquals(reused, "1 0 ");
  },
);

await live(
  "curl says how it ended by its code",
  { programs: ["python3"], device: "tap" },
  async (namespace) => {
    using scratch = new Scratch();
    const name = await wire(namespace, "tap");
    await using _ = await kernelServing(namespace, scratch, 10);
    const codeOf = async (...args: readonly string[]) => {
      await using program = curl(namespace, name, scratch, ...args);
      return await program.end();
    };
    assertEquals(await codeOf(KERNEL, `${PORT}`, "/data"), 0);
    assertEquals(await codeOf(KERNEL, `${PORT}`, "/nothing"), 22);
    assertEquals(await codeOf(KERNEL, "81"), 7);
    assertEquals(await codeOf(KERNEL, "notaport"), 2);
    assertEquals(await codeOf("192.0.2.300", "80"), 2);
  },
);
