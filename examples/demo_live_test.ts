import { assert, assertEquals, assertMatch } from "@std/assert";
import { live } from "./lib/live.ts";
import { Scratch } from "./lib/scratch.ts";

const demo = new URL("demo.ts", import.meta.url).pathname;

function command(temporary: string, path?: string): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", demo],
    env: {
      TMPDIR: temporary,
      ...(path === undefined ? {} : { PATH: path }),
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

function left(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

async function transcript(path?: string): Promise<string> {
  using scratch = new Scratch();
  const { code, stdout, stderr } = await command(scratch.path, path).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text + new TextDecoder().decode(stderr));
  assertEquals(left(scratch.path), []);
  assertMatch(text, /All sums are equal\.\n$/);
  return text;
}

/** A folder with links to programs. */
function only(scratch: Scratch, ...programs: readonly string[]): string {
  for (const program of programs) {
    const found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
      .map((folder) => `${folder}/${program}`)
      .find((path) => {
        try {
          return Deno.statSync(path).isFile;
        } catch {
          return false;
        }
      });
    if (found !== undefined) Deno.symlinkSync(found, scratch.file(program));
  }
  return scratch.path;
}

await live(
  "demo talks with the kernel and leaves nothing behind",
  { programs: ["ping", "curl", "python3"], device: "veth" },
  async () => {
    const text = await transcript();
    assertMatch(text, /64 bytes from 192\.0\.2\.2: icmp_seq=5 .* time=/);
    assertEquals(text.match(/100 MB in [\d.]+ s, .*bit\/s/g)?.length, 2);
    assertMatch(text, /icmp: received 5, echoesAnswered 5/);
  },
);

await live(
  "demo names the tools that are missing, and does without them",
  { device: "veth" },
  async () => {
    using scratch = new Scratch();
    const path = only(scratch, "unshare", "nsenter", "ip", "sh", "cat");
    const text = await transcript(path);
    for (
      const [tool, packet] of [
        ["ping", "iputils-ping"],
        ["curl", "curl"],
        ["python3", "python3-minimal"],
      ]
    ) {
      assertMatch(
        text,
        new RegExp(`no ${tool}, in Debian's package ${packet}`),
      );
    }
    assertMatch(text, /Pinging 192\.0\.2\.2 .* as 192\.0\.2\.3/);
  },
);

Deno.test("demo does everything in memory where there is no namespace", async () => {
  using scratch = new Scratch();
  const text = await transcript(only(scratch));
  // Folders of the administrator are looked through in any case.
  assertMatch(text, /in memory, as there is no namespace|on tap|on raw/);
});

await live(
  "demo leaves nothing behind when it is interrupted",
  { device: "veth" },
  async () => {
    using scratch = new Scratch();
    for (const wait of [150, 600, 1200]) {
      const child = command(scratch.path).spawn();
      const output = child.stdout.text();
      const errors = child.stderr.text();
      await new Promise((resolve) => setTimeout(resolve, wait));
      child.kill("SIGINT");
      const { code, signal } = await child.status;
      await Promise.all([output, errors]);
      // Before it could listen, or after.
      assert(signal === "SIGINT" || code === 130, `${code} ${signal}`);
      assertEquals(left(scratch.path), []);
    }
  },
);
