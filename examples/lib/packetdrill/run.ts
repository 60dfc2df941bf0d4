/**
 * Runs a script: injects its packets, makes its calls, and compares what the
 * host does with what it should.
 *
 * @module
 */

import type * as tcp from "@ethox/layer/tcp";
import type { Call, Event, PacketSpec, Script } from "./ast.ts";
import { type Attempt, Calls } from "./calls.ts";
import { command } from "./commands.ts";
import type { Config } from "./config.ts";
import { controlFor } from "./controls.ts";
import { Conversations } from "./conversations.ts";
import { compare, gather, missed } from "./expect.ts";
import { Failure, type Result } from "./failure.ts";
import { cookieOf, withCookie } from "./fast_open.ts";
import { IPV6_EXTRA, kindOf, octetsOf } from "./inject.ts";
import { Machine } from "./machine.ts";
import { timeText } from "./print.ts";
import { run as runPython } from "./python.ts";
import type { Knobs } from "./knobs.ts";
import { applyOptions } from "./sockopts.ts";
import { Sockets } from "./sockets.ts";
import { infoOf } from "./tcp_info.ts";
import { Unsupported } from "./values.ts";

/** How long `*` and calls without an end may take, µs. */
const PATIENCE = 3_600_000_000;
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
  readonly #conversations: Conversations;
  readonly #names: Record<string, unknown> = {};
  #machine: Machine | undefined;
  #calls: Calls | undefined;
  #pending: Pending | undefined;
  /** When the event before happened, µs. */
  #last = 0;
  #lastInbound = false;
  #line = 0;
  #cookie: Uint8Array | undefined;

  constructor(script: Script, config: Config, knobs: Knobs) {
    this.#script = script;
    this.#config = config;
    this.#knobs = knobs;
    this.#conversations = new Conversations(config.bindPort);
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
    return (this.#machine?.history ?? []).map((seen) =>
      this.#conversations.text(seen)
    );
  }

  /** The machine is made when it is first used: settings come before. */
  get #host(): Machine {
    if (this.#machine !== undefined) return this.#machine;
    const mtu = this.#knobs.mtu || this.#config.mtu;
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
      mtu: mtu - this.#extra,
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
      this.#conversations.open(socket);
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
    const socket = this.#conversations.underTest(this.#surface.fds.values());
    if (socket !== undefined) Object.assign(this.#names, infoOf(socket));
    const { failures, printed, skipped } = runPython(text, this.#names);
    for (const line of printed) this.notes.push(`printed: ${line}`);
    for (const line of skipped) this.notes.push(`skipped: ${line}`);
    if (failures.length > 0) throw new Failure(this.#line, failures.join("; "));
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

  #inject(event: Event, packet: PacketSpec): void {
    const flow = this.#conversations.of(packet);
    if (packet.kind === "icmp") {
      const { errno } = kindOf(packet);
      // Sockets hear of it only if the connection ends by it.
      for (const { stream } of this.#surface.fds.values()) {
        if (
          errno !== 0 && stream?.localPort === flow.localPort &&
          stream.remotePort === flow.remotePort
        ) stream.softError = errno;
      }
    }
    const whole = withCookie(packet, () => this.#cookie ??= cookieOf());
    if (!this.#host.inject(octetsOf(whole, flow, this.#extra))) {
      throw new Failure(event.line, "the device does not take the packet");
    }
    this.#host.settle();
    this.#retry();
    this.#host.settle();
  }

  /** What the script's IP headers are longer by. */
  get #extra(): number {
    return this.#config.ipVersion === "ipv6" ? IPV6_EXTRA : 0;
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
    const { type } = when;
    const expectation = { line, packet, type, from, until, slack };
    const limit = type === "any" ? this.now + PATIENCE : until + slack;
    const host = this.#host;
    const { sent } = host;
    const take = () => {
      for (const passed of this.#conversations.passOver(packet, sent)) {
        this.notes.push(`passed over: ${passed}`);
      }
      return gather(packet, sent);
    };
    host.settle();
    let found = take();
    while (found === undefined && host.step(limit)) {
      this.#retry();
      found = take();
    }
    this.#retry();
    // A part is better than nothing, to say what is wrong with it.
    found ??= sent.length > 0 ? sent.splice(0, 1) : undefined;
    if (found === undefined) throw missed(expectation, this.now);
    compare(expectation, found, this.#conversations, this.#config);
  }
}
