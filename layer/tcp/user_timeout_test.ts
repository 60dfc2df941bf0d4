import { assertEquals } from "@std/assert";
import { Options } from "@ethox/wire/tcp";
import { connected, Peer, Rig } from "./_host_test_util.ts";
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

/** The option as octets, of so many seconds. */
function option(seconds: number): number[] {
  return [28, 4, seconds >> 8, seconds & 255];
}

const ON = {
  userTimeoutOption: true,
  quickAcks: 0,
  userTimeout: 300 * SECOND,
};

Deno.test("nothing is said of time-outs, and nothing heard, unless asked for (RFC 5482 3.1 ENABLED)", () => {
  const { peer, rig, user } = connected();
  user.write("x");
  const [said] = rig.turn();
  assertEquals(said!.segment.options.userTimeout, -1);
  peer.say(".", { ack: 1, options: option(2000) });
  rig.pass(1100 * SECOND);
  assertEquals(user.reason, "timeout");
});

Deno.test("the first segment without SYN tells the time-out, and no other does (RFC 5482 3)", () => {
  const { peer, rig, user } = connected({ tuning: ON });
  user.write(2000);
  const said = rig.turn();
  peer.hear(said);
  // A whole segment has no room; what is told is its next of kin.
  assertEquals(
    said.map(({ segment }) => segment.options.userTimeout),
    [-1, -1],
  );
  peer.say(".");
  user.write("x");
  const [small] = rig.turn();
  assertEquals(small!.segment.options.userTimeout, 300);
  assertEquals(small!.data.length, 1);
  peer.hear([small!]);
  peer.put(".");
  user.write("y");
  const [next] = rig.turn();
  assertEquals(next!.segment.options.userTimeout, -1);
  peer.hear([next!]);
  // The user's own is told when the user wants it.
  user.c.userTimeout = 9000 * 60 * SECOND;
  user.c.tellTimeout = true;
  peer.put(".");
  user.write("z");
  assertEquals(rig.turn()[0]!.segment.options.userTimeout, 9000 * 60);
});

Deno.test("whoever connects tells with the last segment of the handshake, beside timestamps", () => {
  const rig = new Rig({ tuning: ON });
  rig.connect(2);
  const peer = new Peer(rig);
  const said = rig.turn();
  assertEquals(said[0]!.segment.options.userTimeout, -1);
  peer.port = said[0]!.segment.destinationPort;
  peer.hostPort = said[0]!.segment.sourcePort;
  peer.note(said[0]!);
  peer.put("S.", {
    options: [2, 4, 4, 0, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0],
  });
  const { options } = rig.turn()[0]!.segment;
  assertEquals([options.userTimeout, options.timestamps], [300, true]);
});

for (
  const [remote, given] of [
    [1, 300],
    [900, 900],
    // No longer than U_LIMIT.
    [30_000, 3600],
    [0, 300],
  ] as const
) {
  Deno.test(`a peer that says ${remote} s makes the time-out ${given} s (RFC 5482 3.1)`, () => {
    const { peer, rig, user } = connected({ tuning: ON });
    peer.say(".", { options: option(remote) });
    user.write("lost");
    rig.turn();
    rig.pass((given - 1) * SECOND);
    assertEquals(user.reason, undefined);
    rig.pass(200 * SECOND);
    assertEquals(user.reason, "timeout");
  });
}

Deno.test("no peer changes what the user has set (RFC 5482 3.1 CHANGEABLE)", () => {
  const { peer, rig, user } = connected({ tuning: ON });
  user.c.userTimeout = 60 * SECOND;
  peer.say(".", { options: option(3000) });
  user.write("lost");
  rig.turn();
  rig.pass(200 * SECOND);
  assertEquals(user.reason, "timeout");
});

Deno.test("an option on a segment that does not count changes nothing", () => {
  const { peer, rig, user } = connected({ tuning: ON });
  rig.put(peer.make(".", { seq: 100_000, options: option(3000) }));
  rig.put(peer.make(".", { ack: 100_000, options: option(3000) }));
  rig.put(peer.make("R", { seq: 77, options: option(3000) }));
  rig.turn();
  assertEquals(user.c.peerTimeout, 0);
});

Deno.test("keep-alive does not give up before data would be (RFC 5482 4.2)", () => {
  const { peer, rig, user } = connected({
    tuning: { ...ON, keepAlive: true, keepAliveIdle: 10 * SECOND },
  });
  peer.say(".", { options: option(1000) });
  rig.pass(999 * SECOND);
  assertEquals(rig.count("keepAlives"), 0);
  rig.pass(10 * SECOND);
  assertEquals(rig.count("keepAlives"), 1);
  assertEquals(user.reason, undefined);
});
