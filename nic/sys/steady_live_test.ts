import { assert } from "@std/assert";
import { entrance, noTap } from "./_private_test_util.ts";

const enter = entrance();
const obstacle = typeof enter === "string" ? enter : noTap();
// The collector and the program count from slightly different origins, ms.
const MARGIN = 30;
const name =
  "TapInterface and RawSocket make no garbage over half a million frames each (A90)";

Deno.test({
  name: obstacle === undefined ? name : `${name} (skipped: ${obstacle})`,
  ignore: obstacle !== undefined,
  async fn() {
    const [command, ...args] = enter as readonly string[];
    const program = new URL("./_steady_test_util.ts", import.meta.url).href;
    const { stdout, stderr } = await new Deno.Command(command!, {
      args: [
        ...args,
        ...[Deno.execPath(), "run", "-A", "--no-check"],
        ...["--v8-flags=--trace-gc", program],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    const result = /measured (\S+) (\S+) (\S+)/.exec(text);
    assert(result !== null, text + new TextDecoder().decode(stderr));
    const [frames, from, to] = result.slice(1).map(Number);
    assert(frames! > 400_000, `${frames}`);
    const collections = [...text.matchAll(/(\d+) ms: (Scavenge|Mark)/g)]
      .map((line) => Number(line[1]))
      .filter((time) => time > from! + MARGIN && time < to! - MARGIN);
    // One may be due for what the warm-up left; 16 octets for each frame would
    // make dozens.
    assert(collections.length <= 1, `${from} to ${to}: ${collections}`);
  },
});
