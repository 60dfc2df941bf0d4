/**
 * One run of a scenario: samples, a trace for each flow, and what became of it.
 *
 * @module
 */

import type { PathCounterName } from "@ethox/nic/simulator";
import type { Sink } from "@ethox/wire/pcapng";
import { jsonOf as jsonOfEvent, textOf } from "./events.ts";
import { Journal } from "./journal.ts";
import { type Flow, Network } from "./network.ts";
import type { Scenario } from "./scenario.ts";
import type * as tcp from "@ethox/layer/tcp";

const MS = 1000;
const SECOND = 1_000_000;
const DEFAULT_SAMPLE = 10;

/** What was seen of a flow from time to time; one row for each sample. */
export interface Samples {
  /** µs. */
  readonly time: number[];
  /** Congestion window, octets. */
  readonly cwnd: number[];
  /** Slow start threshold, octets. */
  readonly ssthresh: number[];
  /** Octets in flight. */
  readonly flight: number[];
  /** Smoothed round-trip time, µs; -1 before the first measurement. */
  readonly srtt: number[];
  /** Octets received in order. */
  readonly received: number[];
  /** Segments sent again. */
  readonly retransmissions: number[];
  /** Ranges of octets that counted as lost. */
  readonly losses: number[];
}

/** What became of a flow. */
export interface FlowRecord {
  /** Its name. */
  readonly name: string;
  /** Its congestion control. */
  readonly control: string;
  /** When it connected, µs. */
  readonly start: number;
  /** When the last of its octets had arrived, µs; null if they have not. */
  readonly finished: number | null;
  /** Octets received in order. */
  readonly received: number;
  /** Octets that were not those sent. */
  readonly mismatches: number;
  /** Bits a second that were received, while it lasted. */
  readonly rate: number;
  /** Octets of a full segment's payload. */
  readonly mss: number;
  /** Segments sent again. */
  readonly retransmissions: number;
  /** Time-outs. */
  readonly timeouts: number;
  /** How the sender's record ended; null if it has not. */
  readonly reason: tcp.CloseReason | null;
  /** From time to time. */
  readonly samples: Samples;
}

/** A run and all that was seen. */
export interface Run {
  /** What it was to do. */
  readonly scenario: Scenario;
  /** What accidents were drawn from. */
  readonly seed: number;
  /** What the narrow link counted towards the receivers. */
  readonly link: Readonly<Record<PathCounterName, number>>;
  /** The flows. */
  readonly flows: readonly FlowRecord[];
  /** What their senders went through; empty without a trace. */
  readonly journals: readonly Journal[];
}

/** What is wanted of a run. */
export interface RunOptions {
  /** What accidents are drawn from; 1 by default. */
  readonly seed?: number;
  /** Whether events are kept; they are by default. */
  readonly trace?: boolean;
  /** Gets a pcapng file of the narrow link. */
  readonly capture?: Sink;
}

/** What a flow is watched by. */
class Watcher {
  readonly flow: Flow;
  readonly samples: Samples = {
    time: [],
    cwnd: [],
    ssthresh: [],
    flight: [],
    srtt: [],
    received: [],
    retransmissions: [],
    losses: [],
  };
  readonly #journal: Journal | undefined;
  #mss = 0;
  #retransmissions = 0;
  #timeouts = 0;

  constructor(flow: Flow, journal: Journal | undefined) {
    this.flow = flow;
    this.#journal = journal;
  }

  sample(now: number): void {
    const { flow, samples } = this;
    const c = flow.connection;
    if (c !== undefined) {
      this.#mss = c.mss;
      this.#retransmissions = c.retransmissions;
      this.#timeouts = c.timeouts;
    }
    samples.time.push(now);
    samples.cwnd.push(c?.cwnd ?? 0);
    samples.ssthresh.push(c?.ssthresh ?? 0);
    samples.flight.push(c?.flight ?? 0);
    samples.srtt.push(c === undefined || c.srtt === 0 ? -1 : c.srtt);
    samples.received.push(flow.sink.received);
    samples.retransmissions.push(this.#retransmissions);
    samples.losses.push(this.#journal?.losses ?? 0);
  }

  record(end: number): FlowRecord {
    const { flow, samples } = this;
    const { received, mismatches } = flow.sink;
    const until = Math.min(flow.finished, end);
    const passed = (until - flow.start) / SECOND;
    return {
      name: flow.name,
      control: flow.control,
      start: flow.start,
      finished: Number.isFinite(flow.finished) ? flow.finished : null,
      received,
      mismatches,
      rate: passed > 0 ? received * 8 / passed : 0,
      mss: this.#mss,
      retransmissions: this.#retransmissions,
      timeouts: this.#timeouts,
      reason: flow.reason ?? null,
      samples,
    };
  }
}

/** Runs a scenario. */
export function run(scenario: Scenario, options: RunOptions = {}): Run {
  const { seed = 1, trace = true, capture } = options;
  const journals: Journal[] = [];
  const network = new Network(scenario, {
    seed,
    ...(capture === undefined ? {} : { capture }),
    sender: () => {
      if (!trace) return {};
      const journal = new Journal();
      journals.push(journal);
      return { trace: journal };
    },
  });
  const watchers = network.flows.map((flow, i) =>
    new Watcher(flow, journals[i])
  );
  const step = (scenario.sample ?? DEFAULT_SAMPLE) * MS;
  const end = scenario.duration * SECOND;
  for (let next = 0; next < end; next += step) {
    network.run(next);
    for (const watcher of watchers) watcher.sample(next);
  }
  network.run(end);
  for (const watcher of watchers) watcher.sample(end);
  network.flush();
  const link = Object.fromEntries(network.link.counters[0].entries());
  return {
    scenario,
    seed,
    link: link as Run["link"],
    flows: watchers.map((watcher) => watcher.record(end)),
    journals,
  };
}

/**
 * A run as JSON, piece by piece: an object with the scenario, the flows and their
 * samples, and `events` with one object on each line.
 */
export function* jsonOf(run: Run): Generator<string> {
  const { scenario, seed, link, flows, journals } = run;
  const head = { scenario, seed, link, flows };
  yield `${JSON.stringify(head).slice(0, -1)},\n"events":[`;
  let first = true;
  for (const [i, journal] of journals.entries()) {
    for (const event of journal.events()) {
      const line = JSON.stringify(jsonOfEvent(event, i));
      yield first ? `\n${line}` : `,\n${line}`;
      first = false;
    }
  }
  yield "\n]}\n";
}

/** The events of all flows as lines of text, by time. */
export function* textOfEvents(run: Run): Generator<string> {
  const queues = run.journals.map((journal, i) => {
    const events = journal.events();
    return { events, next: events.next(), name: run.flows[i]!.name };
  });
  for (;;) {
    let first = queues[0];
    for (const queue of queues) {
      if (queue.next.done) continue;
      if (first!.next.done || queue.next.value.time < first!.next.value.time) {
        first = queue;
      }
    }
    if (first === undefined || first.next.done) return;
    yield textOf(first.next.value, first.name);
    first.next = first.events.next();
  }
}
