/**
 * Runs a script: injects its packets, makes its calls, and compares what the
 * host does with what it should.
 *
 * @module
 */

import type * as tcp from "@ethox/layer/tcp";
import type {
  Call,
  Event,
  IcmpPacket,
  PacketSpec,
  Script,
  TcpPacket,
  UdpPacket,
} from "./ast.ts";
import { type Attempt, Calls } from "./calls.ts";
import { command } from "./commands.ts";
import type { Config } from "./config.ts";
import { controlFor } from "./controls.ts";
import { Flow } from "./flow.ts";
import { icmpKind } from "./icmp_types.ts";
import { LOCAL, Machine, REMOTE } from "./machine.ts";
import { differences, joined } from "./match.ts";
import { buildIcmp, buildTcp, buildUdp, type Seen } from "./packet.ts";
import { packetText, timeText } from "./print.ts";
import { run as runPython } from "./python.ts";
import type { Knobs } from "./settings.ts";
import { applyOptions } from "./sockopts.ts";
import { type Socket, Sockets } from "./sockets.ts";
import { infoOf } from "./tcp_info.ts";
import { Unsupported } from "./values.ts";

const TCP = 6;
const UDP = 17;
const ICMP = 1;
/** The script's peer sends from here, unless it says otherwise. */
const FIRST_PORT = 40_001;
const DONT_FRAGMENT_TTL = 64;
/** How long `*` and calls without an end may take, µs. */
const PATIENCE = 3_600_000_000;
/** What an IPv6 header is longer than one of IPv4, octets. */
const IPV6_EXTRA = 20;

/** Why a script failed. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly line: number;
  /** What was expected, and what came, in the language of scripts. */
  readonly details: readonly string[];

  constructor(line: number, message: string, details: readonly string[] = []) {
    super(message);
    this.line = line;
    this.details = details;
  }
}

/** What became of a script. */
export interface Result {
  readonly failure: Failure | undefined;
  /** Failures that `--non_fatal` lets pass. */
  readonly passed: readonly Failure[];
  /** What was ignored, and what the script printed. */
  readonly notes: readonly string[];
  /** Virtual time at the end, µs. */
  readonly time: number;
  /** Everything that the host has sent, for `--verbose`. */
  readonly sent: readonly string[];
}

interface Pending {
  readonly event: Event;
  readonly call: Call;
  readonly attempt: Attempt;
  /** When it is to return, µs. */
  readonly end: number | undefined;
  outcome: number | undefined;
  finishedAt: number;
}

/** Runs a parsed script. */
export function run(script: Script, config: Config, knobs: Knobs): Result {
  const runner = new Runner(script, config, knobs);
  let failure: Failure | undefined;
  try {
    runner.all();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  return {
    failure,
    passed: runner.passed,
    notes: runner.notes,
    time: runner.now,
    sent: runner.sent(),
  };
}

class Runner {
  readonly passed: Failure[] = [];
  readonly notes: string[] = [];
  readonly #script: Script;
  readonly #config: Config;
  readonly #knobs: Knobs;
  readonly #flows: Flow[] = [];
  readonly #names: Record<string, unknown> = {};
  #machine: Machine | undefined;
  #calls: Calls | undefined;
  #pending: Pending | undefined;
  /** The socket under test, and its conversation once there is one. */
  #socket: Socket | undefined;
  #flow: Flow | undefined;
  #ports = FIRST_PORT;
  /** When the event before happened, µs. */
  #last = 0;
  #lastInbound = false;
  #line = 0;

  constructor(script: Script, config: Config, knobs: Knobs) {
    this.#script = script;
    this.#config = config;
    this.#knobs = knobs;
  }

  get now(): number {
    return this.#machine?.now ?? 0;
  }

  all(): void {
    const { init, events } = this.#script;
    for (const text of init) this.#command(text);
    for (const event of events) {
      this.#line = event.line;
      try {
        this.#event(event);
      } catch (error) {
        if (error instanceof Unsupported) {
          throw new Failure(event.line, `not supported: ${error.message}`);
        }
        if (!(error instanceof Failure)) {
          const text = error instanceof Error ? error.message : String(error);
          throw new Failure(event.line, `the run broke off: ${text}`);
        }
        if (!this.#forgiven(event)) throw error;
        this.passed.push(error);
      }
    }
    this.#await();
  }

  #forgiven({ action }: Event): boolean {
    const { nonFatal } = this.#config;
    return (action.kind === "packet" && nonFatal.has("packet")) ||
      (action.kind === "call" && nonFatal.has("syscall"));
  }

  /** What the host has sent, as the script would write it. */
  sent(): string[] {
    return (this.#machine?.history ?? []).map((seen) => this.#text(seen));
  }

  /** The machine is made when it is first used: settings come before. */
  get #host(): Machine {
    if (this.#machine !== undefined) return this.#machine;
    const { ipVersion } = this.#config;
    const mtu = this.#knobs.mtu || this.#config.mtu;
    const inner = ipVersion === "ipv6" ? mtu - IPV6_EXTRA : mtu;
    const largest = this.#script.events.reduce((most, { action }) => {
      if (action.kind !== "packet" || action.packet.kind === "icmp") {
        return most;
      }
      return Math.max(most, action.packet.length + 120);
    }, 0);
    const find = (name: string) =>
      controlFor(name, this.#knobs.tuning.hystart !== false);
    const control = find(this.#knobs.congestion);
    const machine = new Machine({
      mtu: inner,
      largest,
      tcp: {
        tuning: this.#knobs.tuning as Partial<Omit<tcp.Tuning, "random">>,
        ...(control === undefined ? {} : { control }),
      },
    });
    this.#machine = machine;
    const sockets = new Sockets(
      machine,
      this.#knobs,
      applyOptions,
      find,
    );
    this.#calls = new Calls(sockets, this.#config, () => this.now);
    this.#calls.opened = (socket) => {
      socket.doubles = this.#knobs.doubles;
      this.#socket = socket;
      this.#flow = undefined;
    };
    machine.moved = () => this.#retry();
    return machine;
  }

  /** The calls on the machine, which is made with them. */
  get #surface(): Calls {
    void this.#host;
    return this.#calls!;
  }

  #event(event: Event): void {
    const { when, action } = event;
    if (action.kind === "command" && this.#machine === undefined) {
      // Settings before the first event do not start the clock.
      return this.#command(action.text);
    }
    const inbound = action.kind === "packet" && action.packet.inbound;
    const base = when.type === "absolute"
      ? 0
      : inbound && this.#lastInbound
      ? this.#last
      : this.now;
    const at = base + when.at;
    const since = this.now;
    if (action.kind === "packet" && !action.packet.inbound) {
      this.#expect(event, action.packet, base, since);
    } else {
      this.#host.advance(at);
      this.#perform(event, base);
    }
    this.#last = inbound ? at : this.now;
    this.#lastInbound = inbound;
  }

  #perform(event: Event, base: number): void {
    const { action } = event;
    switch (action.kind) {
      case "packet":
        return this.#inject(event, action.packet);
      case "command":
        return this.#command(action.text);
      case "code":
        return this.#code(action.text);
      case "call":
        return this.#call(event, action, base);
    }
  }

  #command(text: string): void {
    const before = this.#machine !== undefined;
    for (const ignored of command(this.#knobs, text)) {
      this.notes.push(`ignored: ${ignored.replace(/\s+/g, " ")}`);
    }
    if (before) this.#retune();
  }

  /** Settings that come late reach a host that reads them each time. */
  #retune(): void {
    Object.assign(this.#host.tcp.tuning, this.#knobs.tuning);
  }

  #code(text: string): void {
    const socket = this.#underTest;
    if (socket !== undefined) Object.assign(this.#names, infoOf(socket));
    const { failures, printed, skipped } = runPython(text, this.#names);
    for (const line of printed) this.notes.push(`printed: ${line}`);
    for (const line of skipped) this.notes.push(`skipped: ${line}`);
    if (failures.length > 0) throw new Failure(this.#line, failures.join("; "));
  }

  /** The socket whose connection is the current conversation. */
  get #underTest(): Socket | undefined {
    const flow = this.#flow;
    for (const socket of this.#surface.fds.values()) {
      const { stream } = socket;
      if (stream === undefined) continue;
      if (
        flow !== undefined && stream.localPort === flow.localPort &&
        stream.remotePort === flow.remotePort
      ) return socket;
    }
    return this.#socket;
  }

  #call(event: Event, call: Call, base: number): void {
    this.#await();
    const attempt = this.#surface.begin(call);
    const end = call.end === undefined ? undefined : base + call.end;
    const pending: Pending = {
      event,
      call,
      attempt,
      end,
      outcome: undefined,
      finishedAt: 0,
    };
    this.#pending = pending;
    this.#retry();
    this.#host.settle();
    this.#retry();
    if (pending.outcome === undefined && end !== undefined) return;
    if (pending.outcome === undefined) {
      const started = this.now;
      this.#await();
      const waited = this.now - started;
      if (waited > this.#config.tolerance) {
        throw new Failure(
          event.line,
          `${call.name} returned ${timeText(waited)} s late, at ${
            timeText(this.now)
          }`,
        );
      }
      return;
    }
    this.#await();
  }

  /** Tries the waiting call again. */
  #retry(): void {
    const pending = this.#pending;
    if (pending === undefined || pending.outcome !== undefined) return;
    pending.outcome = pending.attempt();
    if (pending.outcome !== undefined) pending.finishedAt = this.now;
  }

  /** Lets the waiting call come to its end, and judges it. */
  #await(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const host = this.#host;
    const { event, call, end } = pending;
    const { tolerance } = this.#config;
    const limit = end === undefined
      ? this.now + PATIENCE
      : Math.max(end + tolerance, this.now);
    while (pending.outcome === undefined) {
      // A time-out of poll is no deadline of the host's.
      const next = call.name.includes("poll") ? this.now + 1000 : limit;
      const moved = host.step(Math.min(limit, next));
      this.#retry();
      if (!moved) break;
    }
    this.#pending = undefined;
    if (pending.outcome === undefined) {
      throw new Failure(
        event.line,
        `${call.name} has not returned at ${timeText(this.now)}`,
        end === undefined ? [] : [`expected: at ${timeText(end)}`],
      );
    }
    const differs = this.#surface.compare(call, pending.outcome);
    if (differs !== undefined) {
      throw new Failure(event.line, `${call.name}: ${differs}`, [
        `at ${timeText(pending.finishedAt)}`,
      ]);
    }
    if (end !== undefined && Math.abs(pending.finishedAt - end) > tolerance) {
      throw new Failure(event.line, `${call.name} returned at the wrong time`, [
        `expected: at ${timeText(end)}`,
        `actual:   at ${timeText(pending.finishedAt)}`,
      ]);
    }
  }

  /** The conversation that a packet without ports belongs to. */
  #conversation(packet: PacketSpec): Flow {
    const ports = packet.kind === "icmp" ? undefined : packet.ports;
    if (ports !== undefined) {
      const known = this.#flows.find((flow) =>
        flow.localPort === ports.destination && flow.remotePort === ports.source
      );
      return this.#flow = known ??
        this.#begin(ports.destination, ports.source);
    }
    if (this.#flow !== undefined) return this.#flow;
    const own = this.#socket?.port || this.#config.bindPort;
    const port = this.#socket?.remotePort || this.#ports++;
    return this.#flow = this.#begin(own, port);
  }

  #begin(localPort: number, remotePort: number): Flow {
    const flow = new Flow(LOCAL, localPort, REMOTE, remotePort);
    this.#flows.push(flow);
    return flow;
  }

  #inject(event: Event, packet: PacketSpec): void {
    if (packet.outer !== undefined) {
      throw new Unsupported(`the outer header ${packet.outer}`);
    }
    const flow = this.#conversation(packet);
    const octets = packet.kind === "tcp"
      ? this.#tcp(packet, flow)
      : packet.kind === "udp"
      ? this.#udp(packet, flow)
      : this.#icmp(packet, flow);
    if (!this.#host.inject(octets)) {
      throw new Failure(event.line, "the device does not take the packet");
    }
    this.#host.settle();
    this.#retry();
    this.#host.settle();
  }

  #tos(packet: PacketSpec): number {
    const { ecn, tos } = packet.ip;
    return tos ?? (typeof ecn === "number" ? ecn : 0);
  }

  #tcp(packet: TcpPacket, flow: Flow): Uint8Array {
    const ttl = packet.ip.ttl ?? DONT_FRAGMENT_TTL;
    return buildTcp(flow.inbound, flow.toReal(packet), this.#tos(packet), ttl);
  }

  #udp(packet: UdpPacket, flow: Flow): Uint8Array {
    const ttl = packet.ip.ttl ?? DONT_FRAGMENT_TTL;
    return buildUdp(flow.inbound, packet.length, this.#tos(packet), ttl);
  }

  #icmp(packet: IcmpPacket, flow: Flow): Uint8Array {
    const kind = icmpKind(packet.type, packet.code);
    if (kind === undefined) {
      throw new Unsupported(`ICMP ${packet.type} ${packet.code ?? ""}`);
    }
    const outbound = {
      source: flow.local,
      sourcePort: flow.localPort,
      destination: flow.remote,
      destinationPort: flow.remotePort,
    };
    const { echoed } = packet;
    const length = echoed?.length ?? 0;
    const sequence = echoed?.sequence ?? 0;
    const quoted = echoed?.protocol === "udp"
      ? buildUdp(outbound, length, 0, 64)
      : buildTcp(
        outbound,
        {
          flags: 0x010,
          sequence: flow.quoted(sequence),
          ack: 0,
          window: 0,
          urgent: 0,
          options: [],
          length,
        },
        0,
        64,
      );
    const extra = this.#config.ipVersion === "ipv6" ? IPV6_EXTRA : 0;
    const rest = packet.mtu === undefined ? 0 : Math.max(0, packet.mtu - extra);
    // Sockets hear of it only if the connection ends by it.
    for (const socket of this.#surface.fds.values()) {
      const { stream } = socket;
      if (
        stream !== undefined && stream.localPort === flow.localPort &&
        stream.remotePort === flow.remotePort && kind.errno !== 0
      ) stream.softError = kind.errno;
    }
    return buildIcmp(
      flow.inbound,
      kind.type,
      kind.code,
      rest,
      quoted.subarray(0, kind.type === 8 || kind.type === 0 ? 0 : 48),
    );
  }

  /** Waits for a packet of the host and compares it. */
  #expect(event: Event, packet: PacketSpec, base: number, since: number): void {
    const { when, line } = event;
    const { tolerance, tolerancePercent } = this.#config;
    const from = base + when.at;
    const until = base + (when.until ?? when.at);
    const slack = Math.max(
      tolerance,
      ((until - since) * tolerancePercent) / 100,
    );
    const limit = when.type === "any" ? this.now + PATIENCE : until + slack;
    const host = this.#host;
    host.settle();
    const protocol = { tcp: TCP, udp: UDP, icmp: ICMP }[packet.kind];
    const enough = () => this.#gather(packet);
    let found = enough();
    while (found === undefined && host.step(limit)) {
      this.#retry();
      found = enough();
    }
    this.#retry();
    // A part is better than nothing, to say what is wrong with it.
    found ??= host.sent.length > 0 ? host.sent.splice(0, 1) : undefined;
    if (found === undefined) {
      throw new Failure(line, "no packet came", [
        `expected: ${packetText(packet)} at ${span(from, until, when.type)}`,
        `actual:   nothing until ${timeText(this.now)}`,
      ]);
    }
    const seen = joined(found);
    const flow = this.#flowOf(seen);
    const wrong: string[] = [];
    if (seen.protocol !== protocol) wrong.push(`a packet of ${packet.kind}`);
    else if (packet.kind === "tcp") {
      wrong.push(
        ...differences(packet, seen, flow, this.#config, found.length > 1),
      );
    } else if (packet.kind === "udp") {
      const { length } = seen.segment;
      if (length !== packet.length) {
        wrong.push(`octets ${packet.length}, got ${length}`);
      }
    } else {
      const kind = icmpKind(packet.type, packet.code);
      if (kind?.type !== seen.type || kind.code !== seen.code) {
        wrong.push(`type and code, got ${seen.type} and ${seen.code}`);
      }
    }
    const actual = [
      `expected: ${packetText(packet)} at ${span(from, until, when.type)}`,
      `actual:   ${this.#text(seen, packet)} at ${timeText(seen.at)}`,
    ];
    if (wrong.length > 0) {
      throw new Failure(line, `wrong packet: ${wrong.join("; ")}`, actual);
    }
    if (
      when.type !== "any" &&
      (seen.at < from - slack || seen.at > until + slack)
    ) throw new Failure(line, "the packet came at the wrong time", actual);
  }

  /**
   * The oldest packet, or as many segments in a row as the expected one is long:
   * this device does not cut, so that nobody hands it more than a segment.
   */
  #gather(packet: PacketSpec): Seen[] | undefined {
    const { sent } = this.#host;
    this.#passOver(packet, sent);
    const first = sent[0];
    if (first === undefined) return undefined;
    let count = 1;
    if (packet.kind === "tcp" && first.protocol === TCP) {
      let { length } = first.segment;
      while (length > 0 && length < packet.length) {
        const next = sent[count];
        if (next === undefined) return undefined;
        const fits = next.protocol === TCP &&
          next.segment.sequence ===
            ((first.segment.sequence + length) >>> 0) &&
          next.segment.ack === first.segment.ack &&
          next.segment.length > 0 &&
          length + next.segment.length <= packet.length;
        if (!fits) break;
        length += next.segment.length;
        count++;
      }
      if (length !== packet.length) count = 1;
    }
    return sent.splice(0, count);
  }

  /** Packets of other conversations than the one under test are not looked at. */
  #passOver(packet: PacketSpec, sent: Seen[]): void {
    if (packet.kind === "icmp") return;
    const { ports } = packet;
    while (sent.length > 0) {
      const seen = sent[0]!;
      if (seen.protocol === ICMP) return;
      const known = this.#flows.find((flow) => flow.has(seen));
      const other = ports === undefined
        ? known !== undefined && known !== this.#flow
        : seen.route.sourcePort !== ports.source ||
          seen.route.destinationPort !== ports.destination;
      if (!other) return;
      this.notes.push(`passed over: ${this.#text(seen)}`);
      sent.shift();
    }
  }

  #flowOf(seen: Seen): Flow {
    const known = this.#flows.find((flow) => flow.has(seen));
    if (known !== undefined) return known;
    const { route } = seen;
    const flow = this.#begin(route.sourcePort, route.destinationPort);
    if (seen.protocol !== ICMP) this.#flow = flow;
    return flow;
  }

  #text(seen: Seen, like?: PacketSpec): string {
    if (seen.protocol === UDP) return `> udp (${seen.segment.length})`;
    if (seen.protocol !== TCP) return `> icmp ${seen.type} ${seen.code}`;
    const flow = this.#flows.find((one) => one.has(seen)) ??
      new Flow(LOCAL, 0, REMOTE, 0);
    const p = flow.toScript(seen);
    const { ports, ip, urgent, window, ...rest } = p;
    // Only what the script speaks of, too.
    const named = like?.kind === "tcp" ? like : undefined;
    const shown: TcpPacket = {
      ...rest,
      ip: named === undefined || Object.keys(named.ip).length === 0
        ? {}
        : { ecn: ip.ecn! },
      ...(named?.ports === undefined ? {} : { ports: ports! }),
      ...(named !== undefined && named.window === undefined
        ? {}
        : { window: window! }),
      ...(urgent ? { urgent } : {}),
    };
    return named === undefined
      ? `${timeText(seen.at)} ${packetText(shown)}`
      : packetText(shown);
  }
}

function span(from: number, until: number, type: string): string {
  if (type === "any") return "any time";
  return from === until
    ? timeText(from)
    : `${timeText(from)}~${timeText(until)}`;
}
