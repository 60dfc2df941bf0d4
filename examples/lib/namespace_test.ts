import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  available,
  missing,
  Namespace,
  NamespaceError,
  probe,
} from "./namespace.ts";

Deno.test("missing() names the package of a program that is not there", () => {
  assert(available("sh"));
  assertEquals(missing(["sh"]), undefined);
  assertEquals(
    missing(["sh", "no-such-program"]),
    "no no-such-program, in Debian's package no-such-program",
  );
});

const { namespace: why } = await probe();
const suffix = why === undefined ? "" : ` (skipped: ${why})`;

Deno.test({
  name: `Namespace has interfaces of its own and takes them along${suffix}`,
  ignore: why !== undefined,
  async fn() {
    await using namespace = await Namespace.open();
    await namespace.ip("link add veth0 type veth peer name veth1");
    assertMatch(await namespace.ip("-br link"), /^veth0@veth1 /m);
    await using other = await Namespace.open();
    assertEquals((await other.ip("-br link")).match(/veth/), null);
  },
});

Deno.test({
  name: `Namespace ends the programs that are left in it${suffix}`,
  ignore: why !== undefined,
  async fn() {
    const namespace = await Namespace.open();
    const program = namespace.start("sh", ["-c", "echo up; exec sleep 60"]);
    await program.until(/up/);
    const began = performance.now();
    await namespace[Symbol.asyncDispose]();
    assert(await program.end() !== 0);
    assert(performance.now() - began < 5000);
  },
});

Deno.test({
  name: `Namespace says which command failed and why${suffix}`,
  ignore: why !== undefined,
  async fn() {
    await using namespace = await Namespace.open();
    let message = "";
    try {
      await namespace.ip("link set nowhere up");
    } catch (error) {
      assert(error instanceof NamespaceError);
      message = error.message;
    }
    assertMatch(message, /^ip link set nowhere up: .*nowhere/);
  },
});

Deno.test({
  name: `Program hears the signal that stops it${suffix}`,
  ignore: why !== undefined,
  async fn() {
    await using namespace = await Namespace.open();
    const script =
      "trap 'echo heard; exit 7' INT; echo up; sleep 9 >/dev/null 2>&1 & wait";
    await using program = namespace.start("sh", ["-c", script]);
    await program.until(/up/);
    assertEquals(await program.stop(), 7);
    assertMatch(program.output, /heard/);
  },
});
