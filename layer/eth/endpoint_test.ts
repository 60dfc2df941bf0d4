import { assert, assertEquals } from "@std/assert";
import { External } from "@ethox/nic/external";
import { Address } from "@ethox/wire/ethernet";
import {
  frame,
  hardware,
  join,
  ping,
  reachable,
  TestHost,
} from "../_host_test_util.ts";
import {
  BROADCAST,
  Endpoint,
  Init,
  type InPacket,
  MULTICAST,
  OTHER,
  OWN,
} from "./mod.ts";

const GROUP = new Address(0x0100, 0x5e000102);

function listen(endpoint: Endpoint, frames: Uint8Array[]): number[] {
  const device = new External();
  const kinds: number[] = [];
  const receiver = endpoint.recv((got) => void kinds.push(got.destinationKind));
  for (const octets of frames) device.inject(octets);
  device.rx(64, receiver);
  return kinds;
}

Deno.test("eth takes its own, broadcast and joined group frames", () => {
  const endpoint = new Endpoint({ address: hardware(1) });
  const to = [hardware(1), Address.BROADCAST, GROUP, hardware(9)];
  const frames = to.map((address) =>
    frame(0x1234, new Uint8Array(46), 2, address)
  );
  assertEquals(listen(endpoint, frames), [OWN, BROADCAST]);
  assertEquals(endpoint.counters.toJSON(), {
    received: 2,
    droppedOther: 1,
    droppedGroup: 1,
  });
  assertEquals(endpoint.join(GROUP), undefined);
  assertEquals(listen(endpoint, frames), [OWN, BROADCAST, MULTICAST]);
  endpoint.leave(GROUP);
  endpoint.promiscuous = true;
  assertEquals(listen(endpoint, frames), [OWN, BROADCAST, MULTICAST, OTHER]);
});

Deno.test("eth counts the users of a group and bounds the groups", () => {
  const endpoint = new Endpoint({ address: hardware(1), groups: 2 });
  const other = new Address(0x0100, 0x5e000103);
  assertEquals(endpoint.join(hardware(2)), "illegal");
  assertEquals(endpoint.join(GROUP), undefined);
  assertEquals(endpoint.join(GROUP), undefined);
  assertEquals(endpoint.join(other), undefined);
  assertEquals(endpoint.join(new Address(0x3333, 1)), "exhausted");
  assertEquals(endpoint.leave(GROUP), undefined);
  assert(endpoint.joined(GROUP.high, GROUP.low));
  assertEquals(endpoint.leave(GROUP), undefined);
  assertEquals(endpoint.joined(GROUP.high, GROUP.low), false);
  assertEquals(endpoint.leave(GROUP), "illegal");
  assert(endpoint.joined(other.high, other.low));
});

Deno.test("A16 empty and short frames are dropped and counted", () => {
  const host = new TestHost();
  for (let length = 0; length < 14; length++) {
    assertEquals(host.inject(new Uint8Array(length)), []);
  }
  assertEquals(host.eth.counters.get("droppedTruncated"), 14);
  assertEquals(host.inject(frame(0x0800, new Uint8Array(0))), []);
  assertEquals(host.ip.counters.get("droppedMalformed"), 1);
  assert(reachable(host));
});

Deno.test("A16 a frame of 65,535 octets is dropped or taken, and counted", () => {
  const host = new TestHost({ device: { slotSize: 65728, mtu: 65535 } });
  const whole = frame(0x0800, new Uint8Array(65521).fill(0x45));
  assertEquals(host.inject(whole), []);
  assertEquals(
    host.ip.counters.get("droppedMalformed") +
      host.ip.counters.get("droppedChecksum"),
    1,
  );
  const small = new TestHost();
  assertEquals(small.device.inject(whole), false);
  assert(reachable(small));
});

Deno.test("A15 frames with a VLAN tag are dropped and counted", () => {
  const host = new TestHost();
  const inner = ping(1).subarray(12);
  const tags = [
    [0x81, 0x00, 0x00, 0x05],
    [0x81, 0x00, 0x0f, 0xff],
    [0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x06],
    [0x81, 0x00],
    [0x81, 0x00, 0x00],
  ];
  const head = ping(1).subarray(0, 12);
  for (const tag of tags) {
    const octets = tag.length < 4 ? join(head, tag) : join(head, tag, inner);
    assertEquals(host.inject(octets), []);
  }
  assertEquals(host.ip.counters.get("droppedEtherType"), tags.length);
  assert(reachable(host));
});

Deno.test("RFC 1122 2.3.3 eth sends and takes Ethernet II", () => {
  const host = new TestHost();
  host.know(2);
  const [octets] = host.inject(ping(1));
  assertEquals(
    [...octets!.subarray(0, 14)],
    [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0],
  );
  // A length where the type should be is IEEE 802.3, which nobody takes here.
  assertEquals(host.inject(frame(46, new Uint8Array(46))), []);
  assertEquals(host.ip.counters.get("droppedEtherType"), 1);
});

Deno.test("eth answers in place, the payload stays where it is", () => {
  const device = new External();
  const endpoint = new Endpoint({ address: hardware(1) });
  const receiver = endpoint.recv((got: InPacket) => {
    const init = new Init();
    init.destinationHigh = got.header.sourceHigh;
    init.destinationLow = got.header.sourceLow;
    init.etherType = got.etherType;
    init.payloadLength = 4;
    const at = got.payloadStart;
    const out = got.reinit(init);
    assert(typeof out !== "string");
    assertEquals(out.payloadStart, at);
    assertEquals(out.payloadEnd, at + 4);
    assertEquals(out.send(), undefined);
  });
  device.inject(frame(0x1234, Uint8Array.of(1, 2, 3, 4, 5)));
  device.rx(1, receiver);
  assertEquals(
    device.take(),
    join([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1], [0x12, 0x34, 1, 2, 3, 4]),
  );
});

Deno.test("eth gives the payload up for another frame, or fills a fresh one", () => {
  const device = new External();
  const endpoint = new Endpoint({ address: hardware(1) });
  const init = Object.assign(new Init(), {
    etherType: 0x1234,
    payloadLength: 3,
  });
  device.inject(frame(0x1234, new Uint8Array(60)));
  device.rx(
    1,
    endpoint.recv((got) => {
      const out = got.deinit().prepare(init);
      assert(typeof out !== "string");
      assertEquals(out.send(), undefined);
    }),
  );
  device.tx(
    1,
    endpoint.send((raw) => {
      const out = raw.prepare(init);
      assert(typeof out !== "string");
      assertEquals(out.payloadEnd - out.payloadStart, 3);
      assertEquals(out.send(), undefined);
    }),
  );
  assertEquals(device.take()!.length, 17);
  assertEquals(device.take()!.subarray(0, 6), new Uint8Array(6).fill(255));
  assertEquals(endpoint.counters.get("sent"), 2);
});

Deno.test("eth says when a frame is too large or cannot be sent", () => {
  const device = new External();
  const endpoint = new Endpoint({ address: hardware(1) });
  const init = Object.assign(new Init(), { payloadLength: 4000 });
  device.tx(
    1,
    endpoint.send((raw) => {
      assertEquals(raw.prepare(init), "size");
      init.payloadLength = 10;
      const out = raw.prepare(init);
      assert(typeof out !== "string");
      assertEquals(out.send(), undefined);
      assertEquals(raw.packet.queued, true);
      assertEquals(out.send(), "illegal");
    }),
  );
  for (const sends of ["exhausted", "illegal"] as const) {
    device.sends = sends;
    device.tx(
      1,
      endpoint.send((raw) => {
        const out = raw.prepare(init);
        assert(typeof out !== "string");
        const at = out.payloadStart;
        assertEquals(out.send(), sends);
        assertEquals(out.payloadStart, at);
      }),
    );
  }
  assertEquals(endpoint.counters.get("sendFailed"), 3);
});

Deno.test("eth looks at its own frame as if it had been received", () => {
  const device = new External();
  const endpoint = new Endpoint({ address: hardware(1) });
  device.tx(
    1,
    endpoint.send((raw) => {
      const init = new Init();
      init.payloadLength = 4;
      init.etherType = 0x1234;
      const out = raw.prepare(init);
      assert(typeof out !== "string");
      const at = out.payloadStart;
      const back = out.intoIncoming();
      assert(typeof back !== "string");
      assertEquals(back.destinationKind, BROADCAST);
      assertEquals(back.etherType, 0x1234);
      assertEquals(back.header.sourceLow, 1);
      assertEquals(back.payloadStart, at);
      assertEquals(back.endpoint, endpoint);
      init.destinationHigh = 0x0200;
      init.destinationLow = 5;
      const other = raw.prepare(init);
      assert(typeof other !== "string");
      assertEquals(other.intoIncoming(), "illegal");
    }),
  );
});
