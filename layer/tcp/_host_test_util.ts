// A host on a device that the test drives segment by segment, in the test's
// time, and peers whose segments the test makes up.

import type { Capabilities } from "@ethox/nic/capabilities";
import { External, type ExternalOptions } from "@ethox/nic/external";
import type { Packet } from "@ethox/nic/packet";
import { RecvRing } from "@ethox/storage/recv-ring";
import { SendRing } from "@ethox/storage/send-ring";
import * as icmpv4 from "@ethox/wire/icmpv4";
import * as ipv4 from "@ethox/wire/ipv4";
import * as wire from "@ethox/wire/tcp";
import * as icmp from "../icmp/mod.ts";
import * as ip from "../ip/mod.ts";
import type { Connection } from "./connection.ts";
import type { CloseReason, Handler } from "./handler.ts";
import { Endpoint } from "./endpoint.ts";
import type { ConnectOptions, Options } from "./options.ts";
import type { Listener, ListenOptions } from "./listener.ts";
import type { Tuning } from "./tuning.ts";

export const SECOND = 1_000_000;
export const KEY: Uint8Array = Uint8Array.from({ length: 16 }, (_, i) => 3 * i);
/** 192.0.2.1 */
export const OWN: number = 0xc0000201 | 0;
/** 192.0.2.`n` */
export function address(n: number): number {
  return (OWN - 1 + n) | 0;
}

/** How a {@linkcode Rig} differs from the ordinary one. */
export interface Changes extends Partial<Omit<Options, "tuning">> {
  readonly device?: ExternalOptions;
  readonly capabilities?: Capabilities;
  readonly mtu?: number;
  /** 192.0.2.1/24 by default. */
  readonly addresses?: readonly string[];
  readonly tuning?: Partial<Omit<Tuning, "random">>;
  /** Most packets in one turn. */
  readonly room?: number;
  /** When time begins, µs. */
  readonly origin?: number;
}

/** A segment that the host sent. */
export interface Said {
  readonly at: number;
  readonly source: number;
  readonly destination: number;
  readonly segment: wire.Repr;
  readonly data: Uint8Array;
  /** The whole datagram. */
  readonly octets: Uint8Array;
}

/** 192.0.2.1/24 on a medium of bare datagrams: ICMP and TCP. */
export class Rig {
  readonly device: External;
  readonly ip: ip.Endpoint;
  readonly icmp: icmp.Endpoint;
  readonly tcp: Endpoint;
  readonly #rx: ReturnType<ip.Endpoint["recv"]>;
  readonly #tx: ReturnType<ip.Endpoint["send"]>;

  constructor(changes: Changes = {}) {
    const { mtu = 1500, capabilities, room = 256, ...rest } = changes;
    this.device = new External({
      medium: "ip",
      mtu,
      receive: room,
      send: room,
      ...(capabilities === undefined ? {} : { capabilities }),
      ...changes.device,
    });
    this.device.clock.now = changes.origin ?? 1_000_000;
    this.ip = new ip.Endpoint({
      addresses: (changes.addresses ?? ["192.0.2.1/24"]).map((text) =>
        ipv4.Cidr.parse(text)
      ),
      routes: [{
        network: ipv4.Cidr.parse("0.0.0.0/0"),
        gateway: new ipv4.Address(address(254)),
      }],
      mtu,
      key: KEY,
    });
    this.icmp = new icmp.Endpoint({ ip: this.ip });
    this.tcp = new Endpoint({
      connections: 8,
      key: KEY,
      ...rest,
      // Each ACK at once would leave nothing to be seen of those that wait, and
      // time stands still here while segments are exchanged; most peers here
      // know nothing of ECN.
      tuning: {
        quickAcks: 0,
        pacing: false,
        ecn: "passive",
        ...rest.tuning,
      },
      ip: this.ip,
    });
    this.icmp.onError(6, this.tcp);
    this.#rx = this.ip.recv(ip.demux({
      icmp: this.icmp.recv(),
      tcp: this.tcp.recv(),
      other: this.icmp.unknownProtocol(),
    }));
    this.#tx = this.ip.send(ip.rotate([this.tcp.send()]));
  }

  /** The time, µs. */
  get now(): number {
    return this.device.clock.now;
  }
  set now(time: number) {
    this.device.clock.now = time;
  }

  /** A counter of TCP. */
  count(name: Parameters<Endpoint["counters"]["get"]>[0]): number {
    return this.tcp.counters.get(name);
  }

  /** Puts datagrams in. */
  put(octets: Uint8Array, prepare?: (packet: Packet) => void): void {
    if (!this.device.inject(octets, prepare)) throw new Error("no room");
  }

  /** Receives what was put in and takes out what is sent, until all is quiet. */
  turn(): Said[] {
    const { device } = this;
    const said: Said[] = [];
    for (let rounds = 0;; rounds++) {
      if (rounds > 10_000) throw new Error(`never quiet at ${this.now}`);
      const moved = device.rx(64, this.#rx) + device.tx(64, this.#tx);
      for (;;) {
        const octets = device.take();
        if (octets === undefined) break;
        said.push(decode(octets, this.now));
      }
      if (moved > 0) continue;
      // What goes to the host itself uses no buffer of the device.
      const due = Math.min(
        this.ip.nextDeadline(this.now),
        this.tcp.nextDeadline(this.now),
      );
      if (due > this.now) return said;
    }
  }

  /** Moves all that can be moved; the datagrams that were sent, as they are. */
  outcome(): Uint8Array[] {
    const { device } = this;
    for (const sent: Uint8Array[] = [];;) {
      const moved = device.rx(64, this.#rx) + device.tx(64, this.#tx);
      for (;;) {
        const octets = device.take();
        if (octets === undefined) break;
        sent.push(octets);
      }
      if (moved === 0) return sent;
    }
  }

  /** The same for who does not look at what is sent. */
  drain(): void {
    const { device } = this;
    while (device.rx(64, this.#rx) + device.tx(64, this.#tx) > 0) {
      while (device.take() !== undefined);
    }
  }

  /**
   * Lets the host sleep until its next deadline again and again, up to a time.
   * Throws where it wakes again and again and does nothing.
   */
  run(until: number): Said[] {
    const said: Said[] = [];
    let vain = 0;
    for (;;) {
      const now = this.turn();
      said.push(...now);
      const next = this.tcp.nextDeadline(this.now);
      if (next > until) break;
      if (now.length === 0 && ++vain > 200) {
        throw new Error(`wakes in vain at ${this.now}`);
      } else if (now.length > 0) vain = 0;
      if (next > this.now) this.now = next;
      else throw new Error(`busy loop at ${this.now}`);
    }
    this.now = until;
    return said;
  }

  /** The same for a duration. */
  pass(duration: number): Said[] {
    return this.run(this.now + duration);
  }

  /** Listens on port 80, with rings as buffers, and keeps what it accepts. */
  serve(options: Partial<ListenOptions> = {}, users: User[] = []): Service {
    const listener = this.tcp.listen({
      port: 80,
      accept(c) {
        const user = new User(options.receiveWindow ?? 4096);
        users.push(user);
        user.take(c);
        return true;
      },
      receiveWindow: 4096,
      ...options,
    });
    if (typeof listener === "string") throw new Error(listener);
    return { listener, users };
  }

  /** Connects to port 80 of 192.0.2.`n`. */
  connect(
    n: number,
    options: Partial<ConnectOptions> = {},
    user: User = new User(),
  ): User {
    const c = this.tcp.connect({
      remote: address(n),
      remotePort: 80,
      sendBuf: user.out,
      recvBuf: user.in,
      handler: user.handler,
      ...options,
    });
    if (typeof c === "string") throw new Error(c);
    user.c = c;
    user.key = c.key;
    return user;
  }
}

/** A listener and the users of what it accepted. */
export interface Service {
  readonly listener: Listener;
  readonly users: User[];
}

/** Buffers of a connection, and what happened to it. */
export class User {
  readonly out: SendRing = SendRing.allocate(65536);
  readonly in: RecvRing;
  readonly events: string[] = [];
  c!: Connection;
  key = 0;
  reason: CloseReason | undefined;
  /** What happens on events, in addition. */
  hook: Handler = {};
  readonly handler: Handler = {
    established: (c) => {
      this.events.push("established");
      this.hook.established?.(c);
    },
    received: (c) => {
      this.events.push(c.receiveFinished ? "received end" : "received");
      this.hook.received?.(c);
    },
    acknowledged: (c) => {
      this.events.push("acknowledged");
      this.hook.acknowledged?.(c);
    },
    troubled: (c) => this.hook.troubled?.(c),
    closed: (c, reason) => {
      this.events.push(reason);
      this.reason = reason;
      this.hook.closed?.(c, reason);
    },
  };

  constructor(window = 4096) {
    this.in = RecvRing.allocate(window);
  }

  /** Becomes the user of a connection. */
  take(c: Connection): void {
    this.c = c;
    this.key = c.key;
    c.sendBuf = this.out;
    c.recvBuf = this.in;
    c.handler = this.handler;
  }

  /** Puts text into the send buffer and wakes the connection. */
  write(text: string | number): this {
    const octets = typeof text === "number"
      ? Uint8Array.from({ length: text }, (_, i) => i)
      : new TextEncoder().encode(text);
    this.out.write(octets);
    this.c?.wake();
    return this;
  }

  /** Takes all readable octets out. */
  read(): string {
    let text = "";
    for (let n = this.in.peek(); n > 0; n = this.in.peek()) {
      const { peekAt, memory } = this.in;
      text += new TextDecoder().decode(
        memory.bytes.slice(peekAt, peekAt + n),
      );
      this.in.consume(n);
    }
    return text;
  }
}

/** What a segment of a {@linkcode Peer} says. */
export interface Fields {
  /** From the peer's initial sequence number; what comes next by default. */
  readonly seq?: number;
  /** From the host's initial sequence number; all that was heard by default. */
  readonly ack?: number;
  readonly data?: string | number;
  readonly window?: number;
  readonly mss?: number;
  readonly scale?: number;
  readonly sack?: boolean;
  /** TSval and TSecr. */
  readonly ts?: readonly [number, number];
  readonly urgent?: number;
  /** Options as octets, a multiple of 4. */
  readonly options?: readonly number[];
  /** Changes the octets of the segment after the checksum was filled in. */
  readonly spoil?: (view: DataView) => void;
  readonly source?: number;
  readonly destination?: number;
  /** The ECN field of the datagram. */
  readonly ecn?: number;
}

const FLAGS: Record<string, number> = {
  F: wire.FIN,
  S: wire.SYN,
  R: wire.RST,
  P: wire.PSH,
  ".": wire.ACK,
  U: wire.URG,
  E: wire.ECE,
  W: wire.CWR,
};

/** Another host's end of a connection, whose every segment the test decides. */
export class Peer {
  /** Next sequence number from {@linkcode iss}. */
  next = 0;
  /** What was heard of the host, from {@linkcode irs}. */
  heard = 0;
  window = 60_000;
  readonly iss: number;
  /** The host's initial sequence number. */
  irs = 0;
  readonly rig: Rig;
  readonly n: number;
  port: number;
  hostPort: number;

  constructor(
    rig: Rig,
    { n = 2, port = 4000, hostPort = 80, iss = 5000 } = {},
  ) {
    this.rig = rig;
    this.n = n;
    this.port = port;
    this.hostPort = hostPort;
    this.iss = iss;
  }

  /** The datagram of a segment; numbers are as the peer counts them. */
  make(flags: string, fields: Fields = {}): Uint8Array {
    const repr = new wire.Repr();
    for (const flag of flags) repr.flags |= FLAGS[flag] ?? 0;
    const data = typeof fields.data === "number"
      ? new Uint8Array(fields.data)
      : new TextEncoder().encode(fields.data ?? "");
    repr.sourcePort = this.port;
    repr.destinationPort = this.hostPort;
    repr.sequence = (this.iss + (fields.seq ?? this.next)) | 0;
    const ack = (repr.flags & wire.ACK) !== 0;
    repr.acknowledgment = ack
      ? (this.irs + (fields.ack ?? this.heard)) | 0
      : fields.ack ?? 0;
    repr.window = fields.window ?? this.window;
    repr.urgentPointer = fields.urgent ?? 0;
    repr.options.mss = fields.mss ?? 0;
    repr.options.windowScale = fields.scale ?? -1;
    repr.options.sackPermitted = fields.sack ?? false;
    if (fields.ts !== undefined) {
      repr.options.timestamps = true;
      repr.options.timestampValue = fields.ts[0];
      repr.options.timestampEcho = fields.ts[1];
    }
    const raw = fields.options ?? [];
    const header = repr.headerLength;
    const octets = new Uint8Array(20 + header + raw.length + data.length);
    const view = new DataView(octets.buffer);
    repr.emit(view, 20);
    octets.set(raw, 20 + header);
    octets.set(data, 20 + header + raw.length);
    const segment = new wire.View(view, 20);
    segment.headerLength = header + raw.length;
    const source = fields.source ?? address(this.n);
    const destination = fields.destination ?? OWN;
    segment.fillChecksum4(source, destination);
    fields.spoil?.(new DataView(octets.buffer, 20));
    datagram(octets, 6, source, destination, fields.ecn);
    return octets;
  }

  /** The same, and enters what it takes of the sequence numbers. */
  put(flags: string, fields: Fields = {}): void {
    this.rig.put(this.make(flags, fields));
    if (fields.seq !== undefined) return;
    const { data = "" } = fields;
    this.next += typeof data === "number" ? data : data.length;
    for (const flag of flags) if (flag === "S" || flag === "F") this.next++;
  }

  /** Sends a segment; what the host says to this peer, as text. */
  say(flags: string, fields: Fields = {}): string[] {
    this.put(flags, fields);
    return this.hear(this.rig.turn());
  }

  /** What the host says to this peer without being asked. */
  hear(said: readonly Said[] = this.rig.turn()): string[] {
    return said.filter((one) =>
      one.destination === address(this.n) &&
      one.segment.destinationPort === this.port &&
      one.segment.sourcePort === this.hostPort
    ).map((one) => this.note(one));
  }

  /** Enters what a segment of the host says: its text. */
  note(said: Said): string {
    const { segment, data } = said;
    const { flags } = segment;
    if ((flags & wire.SYN) !== 0) this.irs = segment.sequence;
    const seq = (segment.sequence - this.irs) | 0;
    const control = ((flags >> 1) & 1) + (flags & 1);
    const end = seq + data.length + control;
    // A reset says nothing that is to be acknowledged.
    if ((flags & wire.RST) === 0 && end > this.heard) this.heard = end;
    let text = `${wire.nameOfFlags(flags)} ${seq}`;
    if (data.length > 0) text += `:${seq + data.length}`;
    if ((flags & wire.ACK) !== 0) {
      text += ` ack ${(segment.acknowledgment - this.iss) | 0}`;
    }
    return text;
  }

  /** Three segments to a listening host; returns its SYN,ACK. */
  open(fields: Fields = {}): wire.Repr {
    this.put("S", fields);
    const said = this.rig.turn();
    this.hear(said);
    const answer = said.at(-1)!;
    this.put(".");
    this.hear();
    return answer.segment;
  }

  /** Answers the request of a host that connects. */
  answer(said: readonly Said[], fields: Fields = {}): string[] {
    const syn = said.find((one) => one.destination === address(this.n))!;
    this.port = syn.segment.destinationPort;
    this.hostPort = syn.segment.sourcePort;
    this.note(syn);
    return this.say("S.", fields);
  }

  /** An ICMP error of 192.0.2.`n` about a datagram of the host. */
  complain(type: number, code: number, about: Uint8Array, rest = 0): void {
    this.rig.put(this.complaint(type, code, about, rest));
  }

  /** The datagram of such an error. */
  complaint(
    type: number,
    code: number,
    about: Uint8Array,
    rest = 0,
  ): Uint8Array {
    const quote = about.subarray(0, 28);
    const octets = new Uint8Array(28 + quote.length);
    const view = new DataView(octets.buffer);
    view.setUint8(20, type);
    view.setUint8(21, code);
    view.setInt32(24, rest);
    octets.set(quote, 28);
    new icmpv4.View(view, 20).fillChecksum();
    datagram(octets, 1, address(this.n), OWN);
    return octets;
  }
}

/** A host and a peer that are connected: the peer asked for it. */
export function connected(
  changes: Changes = {},
  options: Partial<ListenOptions> & Fields & { readonly iss?: number } = {},
): { rig: Rig; peer: Peer; user: User; service: Service } {
  const rig = new Rig(changes);
  const service = rig.serve({
    ...(options.receiveWindow === undefined
      ? {}
      : { receiveWindow: options.receiveWindow }),
  });
  const peer = new Peer(rig, { iss: options.iss ?? 5000 });
  peer.window = options.window ?? 60_000;
  peer.open({ mss: 1000, ...options });
  return { rig, peer, user: service.users[0]!, service };
}

/** A host, its peer and the user of their connection. */
export type Pair = { rig: Rig; peer: Peer; user: User };

/** Connections in each of the synchronized states, by way of segments. */
export const WAYS: Record<string, () => Pair> = {
  ESTABLISHED: () => connected(),
  "FIN-WAIT-1"() {
    const all = connected();
    all.user.c.shutdown();
    all.peer.hear();
    return all;
  },
  "FIN-WAIT-2"() {
    const all = WAYS["FIN-WAIT-1"]!();
    all.peer.say(".");
    return all;
  },
  CLOSING() {
    const all = WAYS["FIN-WAIT-1"]!();
    all.peer.say("F.", { ack: 1 });
    all.peer.next = 2;
    return all;
  },
  "CLOSE-WAIT"() {
    const all = connected();
    all.peer.say("F.");
    return all;
  },
  "LAST-ACK"() {
    const all = WAYS["CLOSE-WAIT"]!();
    all.user.c.shutdown();
    all.peer.hear();
    return all;
  },
};

/** Writes an IPv4 header in front of what stands at 20. */
export function datagram(
  octets: Uint8Array,
  protocol: number,
  source: number,
  destination: number,
  ecn = 0,
): void {
  const repr = new ipv4.Repr();
  repr.ecn = ecn;
  repr.protocol = protocol;
  repr.source = source;
  repr.destination = destination;
  repr.ttl = 64;
  repr.payloadLength = octets.length - 20;
  const view = new DataView(octets.buffer, octets.byteOffset);
  repr.emit(view, 0);
  new ipv4.View(view, 0, octets.length).fillChecksum();
}

function decode(octets: Uint8Array, at: number): Said {
  const view = new DataView(octets.buffer, octets.byteOffset);
  const header = new ipv4.View(view, 0, octets.length);
  const segment = new wire.Repr();
  const tcp = new wire.View(view, header.payloadStart, octets.length);
  const reason = header.check() ?? segment.parse(tcp);
  if (reason !== undefined || header.protocol !== 6) {
    throw new Error(`the host sent ${reason ?? `protocol ${header.protocol}`}`);
  }
  if (!tcp.verify4(header.source, header.destination)) {
    throw new Error("the host sent a wrong checksum");
  }
  return {
    at,
    source: header.source,
    destination: header.destination,
    segment,
    data: octets.slice(tcp.payloadStart),
    octets,
  };
}
