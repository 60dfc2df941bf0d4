import { assertEquals } from "@std/assert";
import { Options } from "@ethox/wire/tcp";
import { adopt, encode, OPTION_HEAD } from "./user_timeout.ts";

const SECOND = 1_000_000;
const BOUNDS = {
  leastUserTimeout: 100 * SECOND,
  mostUserTimeout: 3600 * SECOND,
};

Deno.test("encode() counts seconds, or minutes where these do not suffice (RFC 5482 3)", () => {
  for (
    const [seconds, read] of [
      [0, 1],
      [0.2, 1],
      [1, 1],
      [1800, 1800],
      [32_767, 32_767],
      [32_768, 546 * 60],
      [86_400, 86_400],
      [1e9, 32_767 * 60],
    ] as const
  ) {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint16(0, OPTION_HEAD);
    view.setUint16(2, encode(seconds * SECOND));
    // Read by those who know the option.
    const options = new Options();
    assertEquals(options.read(view, 0, 4), undefined);
    assertEquals(options.userTimeout, read, `${seconds}`);
  }
});

Deno.test("adopt() takes the longer time, within bounds (RFC 5482 3.1)", () => {
  for (
    const [own, remote, used] of [
      [900, 1800, 1800],
      [900, 300, 900],
      [200, 10, 200],
      [20, 10, 100],
      [900, 86_400, 3600],
      // Reserved, and absent.
      [900, 0, 900],
      [20, -1, 20],
    ] as const
  ) {
    const time = adopt(own * SECOND, remote, BOUNDS);
    assertEquals(time, used * SECOND, `${own} ${remote}`);
  }
});
