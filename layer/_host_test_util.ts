// A host on a device that the test drives frame by frame, in the test's time,
// and the frames of its neighbours.

import * as ethernet from "@ethox/wire/ethernet";
import * as wireArp from "@ethox/wire/arp";
import * as icmpv4 from "@ethox/wire/icmpv4";
import * as ipv4 from "@ethox/wire/ipv4";
import * as wireUdp from "@ethox/wire/udp";
import { Printer } from "@ethox/wire/pretty";
import { External, type ExternalOptions } from "@ethox/nic/external";
import type { Packet } from "@ethox/nic/packet";
import * as arp from "./arp/mod.ts";
import * as eth from "./eth/mod.ts";
import * as icmp from "./icmp/mod.ts";
import * as ip from "./ip/mod.ts";
import * as udp from "./udp/mod.ts";

export const KEY: Uint8Array = Uint8Array.from({ length: 16 }, (_, i) => i);
/** 192.0.2.0 */
const NET = 0xc0000200 | 0;
/** The host's own address. */
export const OWN: number = NET + 1;
/** The subnet's broadcast address. */
export const EVERYBODY: number = NET + 255;

/** 192.0.2.`n` */
export function peer(n: number): number {
  return NET + n;
}

/** 02:00:00:00:00:`n` */
export function hardware(n: number): ethernet.Address {
  return new ethernet.Address(0x0200, n);
}

/** Any address from its text. */
export function addr(text: string): number {
  return ipv4.Address.parse(text).value;
}

/** How a {@linkcode TestHost} differs from the ordinary one. */
export interface Changes {
  readonly device?: ExternalOptions;
  readonly eth?: Partial<eth.Options>;
  readonly arp?: Partial<arp.Options>;
  readonly ip?: Partial<ip.Options>;
  readonly icmp?: Partial<icmp.Options>;
  readonly udp?: Partial<udp.Options>;
  /** Gets ICMP messages that the endpoint leaves. */
  readonly messages?: icmp.ReceiveHandler;
  /** Replaces the branches of the demultiplexer. */
  readonly branches?: ip.Branches;
}

/** 192.0.2.1/24, 02:00:00:00:00:01: ARP, ICMP, UDP. */
export class TestHost {
  readonly device: External;
  readonly eth: eth.Endpoint;
  readonly arp: arp.Endpoint;
  readonly ip: ip.Endpoint;
  readonly icmp: icmp.Endpoint;
  readonly udp: udp.Endpoint;
  readonly #rx: ReturnType<eth.Endpoint["recv"]>;
  #tx: ReturnType<eth.Endpoint["send"]>;
  readonly #senders: ip.SendHandler[] = [];

  constructor(changes: Changes = {}) {
    this.device = new External(changes.device);
    this.eth = new eth.Endpoint({ address: hardware(1), ...changes.eth });
    this.arp = new arp.Endpoint({
      eth: this.eth,
      key: KEY,
      ...changes.arp,
    });
    this.ip = new ip.Endpoint({
      addresses: [ipv4.Cidr.parse("192.0.2.1/24")],
      mtu: this.device.personality.mtu,
      arp: this.arp,
      key: KEY,
      ...changes.ip,
    });
    this.icmp = new icmp.Endpoint({ ip: this.ip, ...changes.icmp });
    this.udp = new udp.Endpoint({
      ip: this.ip,
      icmp: this.icmp,
      key: KEY,
      ...changes.udp,
    });
    const receiver = ip.demux(
      changes.branches ?? {
        icmp: this.icmp.recv(changes.messages),
        udp: this.udp.recv(),
        other: this.icmp.unknownProtocol(),
      },
    );
    this.#rx = this.eth.recv(this.ip.recv(receiver));
    this.#tx = this.eth.send(this.ip.send(ip.rotate(this.#senders)));
  }

  /** The time, µs. */
  get now(): number {
    return this.device.clock.now;
  }
  set now(time: number) {
    this.device.clock.now = time;
  }

  /** Offers buffers to one more sender. */
  add(sender: ip.SendHandler): void {
    this.#senders.push(sender);
    this.#tx = this.eth.send(this.ip.send(ip.rotate(this.#senders)));
  }

  /** Receives what was put in, offers buffers, and takes out what is sent. */
  turn(): Uint8Array[] {
    const { device } = this;
    device.rx(64, this.#rx);
    for (let i = 0; i < 64; i++) device.tx(1, this.#tx);
    const frames: Uint8Array[] = [];
    for (;;) {
      const frame = device.take();
      if (frame === undefined) return frames;
      frames.push(frame);
    }
  }

  /** The same for one frame, or several, that arrive first. */
  inject(
    frames: Uint8Array | Uint8Array[],
    prepare?: (packet: Packet) => void,
  ): Uint8Array[] {
    for (const frame of Array.isArray(frames) ? frames : [frames]) {
      if (!this.device.inject(frame, prepare)) throw new Error("no room");
    }
    return this.turn();
  }

  /** What {@linkcode TestHost.inject} gives, as `tcpdump -nn` prints it. */
  hear(frames: Uint8Array | Uint8Array[]): string[] {
    return lines(this.inject(frames));
  }

  /**
   * Lets the host sleep until its next deadline again and again, up to a time;
   * what it sends, each with the time in ms. Throws where it wakes in vain.
   */
  run(until: number): string[] {
    const said: string[] = [];
    let vain = 0;
    for (;;) {
      for (const line of lines(this.turn())) {
        said.push(`${this.now / 1e3} ${line}`);
      }
      const next = this.ip.nextDeadline(this.now);
      if (next > until) break;
      if (next > this.now) {
        this.now = next;
        vain = 0;
      } else if (++vain > 100) throw new Error(`busy loop at ${this.now}`);
    }
    this.now = until;
    return said;
  }

  /** Sends one datagram: what became of it, and what the host sends. */
  say(
    change: Partial<udp.Init>,
    text = "",
  ): { readonly failure: string | undefined; readonly lines: string[] } {
    const said = this.sayFrames(change, text);
    return { failure: said.failure, lines: lines(said.frames) };
  }

  /** The same with the frames as octets. */
  sayFrames(change: Partial<udp.Init>, text = ""): {
    readonly failure: string | undefined;
    readonly frames: Uint8Array[];
  } {
    const data = new TextEncoder().encode(text);
    const init = Object.assign(new udp.Init(), {
      sourcePort: 1000,
      destinationPort: 2000,
      payloadLength: data.length,
      ...change,
    });
    let failure: string | undefined = "not offered";
    const sender = this.udp.send((raw) => {
      if (failure !== "not offered") return;
      const out = raw.prepare(init);
      if (typeof out === "string") return void (failure = out);
      out.out.packet.memory.bytes.set(data, out.payloadStart);
      failure = out.send();
    });
    const { device } = this;
    const once = this.eth.send(this.ip.send(sender));
    const frames: Uint8Array[] = [];
    // The first buffers may be used for what ARP had to say.
    for (let i = 0; i < 64 && failure === "not offered"; i++) {
      device.tx(1, once);
    }
    frames.push(...this.turn());
    return { failure, frames };
  }

  /** Makes 192.0.2.`n` known, as by a question and its answer. */
  know(n: number): void {
    this.say({ destination: peer(n) });
    this.inject(arpReply(n));
  }
}

/** Frames as `tcpdump -nn` prints them. */
export function lines(frames: readonly Uint8Array[]): string[] {
  const printer = new Printer();
  return frames.map((frame) =>
    printer.line(
      new DataView(frame.buffer, frame.byteOffset),
      0,
      frame.length,
    )
  );
}

/** Octets behind one another. */
export function join(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A frame from 02:00:00:00:00:`from` to the host, or `to`. */
export function frame(
  etherType: number,
  payload: Uint8Array,
  from = 2,
  to: ethernet.Address = hardware(1),
): Uint8Array {
  const octets = new Uint8Array(14 + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, to.high);
  view.setInt32(2, to.low);
  view.setUint16(6, 0x0200);
  view.setInt32(8, from);
  view.setUint16(12, etherType);
  octets.set(payload, 14);
  return octets;
}

/** What an ARP packet says beside what {@linkcode arpFrame} chooses. */
export interface ArpFields {
  readonly operation?: number;
  readonly senderHardware?: ethernet.Address;
  readonly sender?: number;
  readonly targetHardware?: ethernet.Address;
  readonly target?: number;
  readonly to?: ethernet.Address;
}

/** ARP from 192.0.2.`n`, a question for the host by default. */
export function arpFrame(n: number, fields: ArpFields = {}): Uint8Array {
  const repr = new wireArp.Repr();
  const from = fields.senderHardware ?? hardware(n);
  const target = fields.targetHardware ?? new ethernet.Address(0, 0);
  repr.operation = fields.operation ?? wireArp.Operation.REQUEST;
  repr.senderHigh = from.high;
  repr.senderLow = from.low;
  repr.senderProtocol = fields.sender ?? peer(n);
  repr.targetHigh = target.high;
  repr.targetLow = target.low;
  repr.targetProtocol = fields.target ?? OWN;
  const octets = new Uint8Array(repr.bufferLength);
  repr.emit(new DataView(octets.buffer), 0);
  return frame(ethernet.EtherType.ARP, octets, n, fields.to);
}

/** The answer of 192.0.2.`n` to the host. */
export function arpReply(n: number, fields: ArpFields = {}): Uint8Array {
  return arpFrame(n, {
    operation: wireArp.Operation.REPLY,
    targetHardware: hardware(1),
    ...fields,
  });
}

/** What a datagram says beside what {@linkcode ipFrame} chooses. */
export interface IpFields {
  readonly from?: number;
  readonly to?: ethernet.Address;
  readonly source?: number;
  readonly destination?: number;
  readonly ttl?: number;
  readonly options?: readonly number[];
  readonly moreFragments?: boolean;
  readonly fragmentOffset?: number;
  readonly identification?: number;
  /** Changes the octets of the datagram after the checksum was filled in. */
  readonly spoil?: (view: DataView) => void;
}

/** A datagram from 192.0.2.2 to the host. */
export function ipFrame(
  protocol: number,
  payload: Uint8Array,
  fields: IpFields = {},
): Uint8Array {
  const from = fields.from ?? 2;
  const repr = new ipv4.Repr();
  repr.protocol = protocol;
  repr.source = fields.source ?? peer(from);
  repr.destination = fields.destination ?? OWN;
  repr.ttl = fields.ttl ?? 64;
  repr.moreFragments = fields.moreFragments ?? false;
  repr.fragmentOffset = fields.fragmentOffset ?? 0;
  repr.identification = fields.identification ?? 0;
  repr.payloadLength = payload.length;
  repr.optionsLength = fields.options?.length ?? 0;
  repr.options.set(fields.options ?? []);
  const octets = new Uint8Array(repr.bufferLength);
  const view = new DataView(octets.buffer);
  repr.emit(view, 0);
  new ipv4.View(view).fillChecksum();
  octets.set(payload, repr.headerLength);
  fields.spoil?.(view);
  return frame(ethernet.EtherType.IPV4, octets, from, fields.to);
}

/** An ICMP message with its checksum. */
export function icmpMessage(
  type: number,
  code: number,
  rest: number,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const octets = new Uint8Array(8 + data.length);
  const view = new DataView(octets.buffer);
  view.setUint8(0, type);
  view.setUint8(1, code);
  view.setInt32(4, rest);
  octets.set(data, 8);
  new icmpv4.View(view).fillChecksum();
  return octets;
}

/** An echo request from 192.0.2.2 with 4 octets of data. */
export function ping(sequence: number, fields: IpFields = {}): Uint8Array {
  const data = Uint8Array.of(1, 2, 3, 4);
  return ipFrame(1, icmpMessage(8, 0, (7 << 16) | sequence, data), fields);
}

/** What {@linkcode TestHost.hear} gives for a {@linkcode ping}. */
export function pong(sequence: number, n = 2, own = "192.0.2.1"): string {
  return `IP ${own} > 192.0.2.${n}: ICMP echo reply, id 7, seq ${sequence}, length 12`;
}

/** What a UDP datagram says beside what {@linkcode udpFrame} chooses. */
export interface UdpFields extends IpFields {
  readonly sourcePort?: number;
  readonly length?: number;
  /** The checksum; the right one by default. */
  readonly checksum?: number;
  /** Octets between the datagram and the end of the IP payload. */
  readonly behind?: number;
}

/** A UDP datagram from 192.0.2.2, port 2000 by default, to the host. */
export function udpFrame(
  port: number,
  text: string,
  fields: UdpFields = {},
): Uint8Array {
  const data = new TextEncoder().encode(text);
  const octets = new Uint8Array(8 + data.length + (fields.behind ?? 0));
  const view = new DataView(octets.buffer);
  view.setUint16(0, fields.sourcePort ?? 2000);
  view.setUint16(2, port);
  view.setUint16(4, 8 + data.length);
  octets.set(data, 8);
  new wireUdp.View(view).fillChecksum4(
    fields.source ?? peer(fields.from ?? 2),
    fields.destination ?? OWN,
  );
  if (fields.length !== undefined) view.setUint16(4, fields.length);
  if (fields.checksum !== undefined) view.setUint16(6, fields.checksum);
  return ipFrame(17, octets, fields);
}

/** An ICMP error from 192.0.2.2 that quotes a datagram of the host's. */
export function icmpError(
  type: number,
  code: number,
  quote: Uint8Array,
  rest = 0,
  fields: IpFields = {},
): Uint8Array {
  return ipFrame(1, icmpMessage(type, code, rest, quote), fields);
}

/** Whether an honest neighbour's ping and UDP datagram are answered. */
export function reachable(host: TestHost, n = 2): boolean {
  const echo = host.udp.bind(7777, (datagram) => void datagram.echo());
  const heard = [
    ...host.hear([ping(99, { from: n }), udpFrame(7777, "hi", { from: n })]),
    // Whoever is asked answers, as neighbours do.
    ...host.hear(arpReply(n)),
  ];
  if (echo === undefined) host.udp.unbind(7777);
  return heard.includes(pong(99, n)) &&
    heard.includes(`IP 192.0.2.1.7777 > 192.0.2.${n}.2000: UDP, length 2`);
}
