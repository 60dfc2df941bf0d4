import { assert, assertEquals } from "@std/assert";
import type { Clock } from "@ethox/nic/device";
import { Peer, Rig, SECOND, type User } from "./_host_test_util.ts";
import type { Connection } from "./connection.ts";
import { Reno } from "./reno.ts";
import type { Segment } from "./segment.ts";
import { nameOf } from "./state.ts";
import type { Trace } from "./trace.ts";
import * as why from "./why.ts";

/** Keeps events as text. */
class Log implements Trace {
  lines: string[] = [];
  clock: Clock | undefined;

  begin(clock: Clock): void {
    this.clock = clock;
  }
  state(_c: Connection, from: number, to: number, reason: number): void {
    this.#add(`${nameOf(from)} > ${nameOf(to)}`, reason);
  }
  sent(c: Connection, seq: number, length: number, _f: number, n: number) {
    this.#add(`sent ${(seq - c.iss) | 0} (${length})`, n);
  }
  received(c: Connection, s: Segment): void {
    this.#add(`received ack ${(s.acknowledgment - c.iss) | 0} (${s.length})`);
  }
  lost(c: Connection, from: number, to: number, reason: number): void {
    this.#add(`lost ${(from - c.iss) | 0} to ${(to - c.iss) | 0}`, reason);
  }
  cwnd(c: Connection, reason: number): void {
    this.#add(`cwnd ${c.cwnd}`, reason);
  }
  rtt(_c: Connection, rtt: number): void {
    this.#add(`rtt ${rtt}`);
  }
  pacing(c: Connection): void {
    this.#add(`pacing ${Math.round(c.pacingRate)}`);
  }

  /** What happened since. */
  take(wanted: RegExp = /^/): string[] {
    const lines = this.lines.filter((line) => wanted.test(line));
    this.lines = [];
    return lines;
  }

  #add(line: string, reason?: number): void {
    const name = reason === undefined ? "" : ` ${why.reasonOf(reason).name}`;
    this.lines.push(line + name);
  }
}

const STATES = /^[A-Z0-9-]+ > /;

/** A host with a trace; it keeps to RFC 5681. */
function traced() {
  const trace = new Log();
  return { trace, rig: new Rig({ trace, control: new Reno(8) }) };
}

Deno.test("REASONS name each constant once, with a section", () => {
  const constants = Object.entries(why).filter(([, n]) =>
    typeof n === "number"
  );
  assertEquals(constants.length, why.REASONS.length);
  for (const [constant, number] of constants) {
    const reason = why.REASONS[number as number]!;
    assertEquals(reason.name, constant.toLowerCase().replaceAll("_", "-"));
    assert(/^(RFC \d+|draft-[a-z-]+) \d+(\.\d+)*$/.test(reason.section));
  }
});

Deno.test("Trace hears of each state that a connection passes through", () => {
  const { trace, rig } = traced();
  const user = rig.connect(2);
  const peer = new Peer(rig, { port: 80 });
  peer.answer(rig.turn());
  assertEquals(trace.take(STATES), [
    "CLOSED > SYN-SENT active-open",
    "SYN-SENT > ESTABLISHED confirmed",
  ]);
  user.c.shutdown();
  peer.hear();
  // One segment acknowledges the FIN and brings another.
  peer.say("F.");
  assertEquals(trace.take(STATES), [
    "ESTABLISHED > FIN-WAIT-1 fin-sent",
    "FIN-WAIT-1 > FIN-WAIT-2 fin-acknowledged",
    "FIN-WAIT-2 > TIME-WAIT fin-received",
  ]);
  assertEquals(user.reason, "closed");
});

Deno.test("Trace hears of a listener's connections, with all that one segment does", () => {
  const { trace, rig } = traced();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.put("S", { mss: 1000 });
  peer.hear();
  assertEquals(trace.take(), []);
  // The ACK of the handshake brings the FIN along.
  peer.say("F.");
  assertEquals(trace.take(STATES), [
    "LISTEN > SYN-RECEIVED request",
    "SYN-RECEIVED > ESTABLISHED confirmed",
    "ESTABLISHED > CLOSE-WAIT fin-received",
  ]);
  users[0]!.c.shutdown();
  peer.hear();
  peer.say(".");
  assertEquals(trace.take(STATES), [
    "CLOSE-WAIT > LAST-ACK fin-sent",
    "LAST-ACK > CLOSED fin-acknowledged",
  ]);
});

Deno.test("Trace hears why a connection was cut off", () => {
  const ends: Record<string, (peer: Peer, user: User) => void> = {
    "reset": (peer) => void peer.say("R"),
    "aborted": (_peer, user) => user.c.abort(),
    "timed-out": ({ rig }, user) => {
      user.write("x");
      rig.pass(1000 * SECOND);
    },
  };
  for (const [name, end] of Object.entries(ends)) {
    const { trace, rig } = traced();
    const { users } = rig.serve();
    const peer = new Peer(rig);
    peer.open({ mss: 1000 });
    trace.take();
    end(peer, users[0]!);
    assertEquals(trace.take(STATES), [`ESTABLISHED > CLOSED ${name}`]);
  }
});

Deno.test("Trace hears of segments, round trips and windows in their order", () => {
  const { trace, rig } = traced();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1000 });
  const user = users[0]!;
  assertEquals(trace.take(/cwnd/), ["cwnd 10000 initial"]);
  user.write(20_000);
  peer.hear();
  assertEquals(trace.take().slice(0, 2), [
    "sent 1 (1000) new",
    "sent 1001 (1000) new",
  ]);
  rig.now += 50_000;
  peer.say(".", { ack: 2001 });
  assertEquals(trace.take(), [
    "received ack 2001 (0)",
    "rtt 50000",
    "cwnd 12000 slow-start",
    ...[10, 11, 12, 13].map((n) => `sent ${n}001 (1000) new`),
  ]);
  assertEquals(trace.clock?.now, rig.now);
});

Deno.test("Trace hears of the rate at which segments leave", () => {
  const trace = new Log();
  const tuning = { pacing: true };
  const rig = new Rig({ trace, tuning, control: new Reno(8) });
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1000 });
  users[0]!.write(20_000);
  rig.pass(1000);
  rig.now += 49_000;
  trace.take();
  peer.say(".", { ack: 2001 });
  // Twice the window in a round trip, in slow start.
  const rate = Math.round(2 * users[0]!.c.cwnd / users[0]!.c.srtt * 1e6);
  assertEquals(trace.take(/pacing/), [`pacing ${rate}`]);
});

Deno.test("Trace hears why octets are sent again, and what becomes of the window", () => {
  const { trace, rig } = traced();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1000 });
  users[0]!.write(10_000);
  peer.hear();
  peer.say(".", { ack: 1 });
  trace.take();
  for (let i = 0; i < 3; i++) peer.say(".", { ack: 1 });
  const heard = trace.take(/^(sent 1 |cwnd|lost)/);
  assert(heard.includes("lost 1 to 1001 duplicates"), `${heard}`);
  assert(heard.some((line) => /^cwnd \d+ loss$/.test(line)), `${heard}`);
  assert(heard.includes("sent 1 (1000) fast"), `${heard}`);
  peer.say(".", { ack: 10_001 });
  assert(trace.take(/^cwnd/).at(-1)?.endsWith(" recovered"));
  users[0]!.write(1000);
  peer.hear();
  trace.take();
  rig.pass(2 * SECOND);
  const late = trace.take(/^(sent|cwnd|lost)/);
  assert(late.includes("lost 10001 to 11001 expired"), `${late}`);
  assert(late.includes("cwnd 1000 collapse"), `${late}`);
  assert(late.includes("sent 10001 (1000) timeout"), `${late}`);
});

Deno.test("Trace hears nothing of a segment that belongs to no connection", () => {
  const { trace, rig } = traced();
  const peer = new Peer(rig);
  peer.say(".", { ack: 77 });
  assertEquals(trace.take(), []);
});
