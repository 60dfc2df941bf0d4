/**
 * The host under test: Ethox's own IP, ICMP, UDP and TCP on a device that the
 * interpreter drives, in virtual time.
 *
 * @module
 */

import * as icmp from "@ethox/layer/icmp";
import * as ip from "@ethox/layer/ip";
import * as tcp from "@ethox/layer/tcp";
import * as udp from "@ethox/layer/udp";
import { External } from "@ethox/nic/external";
import * as ipv4 from "@ethox/wire/ipv4";
import { decode, type Seen } from "./packet.ts";

/** 192.168.0.1, the host's own address inside. */
export const LOCAL: number = 0xc0a80001 | 0;
/** 192.0.2.1, the script's. */
export const REMOTE: number = 0xc0000201 | 0;
const TCP = 6;
const BURST = 64;
/** Virtual time begins here, µs: no clock stands at 0. */
const ORIGIN = 1_000_000_000;
/** Turns at one moment; more of them are a loop without end. */
const TURNS = 100_000;
/** Every run is the same. */
const KEY: Uint8Array = Uint8Array.from({ length: 16 }, (_, i) => 7 * i + 3);

/** How a machine is made. */
export interface MachineOptions {
  /** Largest IPv4 datagram inside, octets. */
  readonly mtu: number;
  /** Largest packet that the script injects, octets. */
  readonly largest: number;
  readonly tcp: Partial<Omit<tcp.Options, "ip" | "key">>;
}

/** A datagram that a socket wants to send. */
export interface Datagram {
  readonly port: number;
  readonly remote: number;
  readonly remotePort: number;
  readonly length: number;
  readonly tos: number;
}

/** The host and its clock. */
export class Machine {
  readonly device: External;
  readonly ip: ip.Endpoint;
  readonly icmp: icmp.Endpoint;
  readonly udp: udp.Endpoint;
  readonly tcp: tcp.Endpoint;
  /** What was sent and not looked at yet, oldest first. */
  readonly sent: Seen[] = [];
  /** Everything that was sent, for diagnoses and for quotes in ICMP errors. */
  readonly history: Seen[] = [];
  /** Datagrams that wait for a buffer. */
  readonly datagrams: Datagram[] = [];
  /** Called when something has moved, as waiting calls may go on. */
  moved: () => void = () => {};
  readonly #rx: ReturnType<ip.Endpoint["recv"]>;
  readonly #tx: ReturnType<ip.Endpoint["send"]>;

  constructor(options: MachineOptions) {
    const { mtu } = options;
    this.device = new External({
      medium: "ip",
      mtu,
      receive: 32,
      send: 256,
      slotSize: (Math.max(mtu, options.largest) + 271) & ~15,
    });
    this.device.clock.now = ORIGIN;
    this.ip = new ip.Endpoint({
      addresses: [ipv4.Cidr.parse("192.168.0.1/16")],
      routes: [{
        network: ipv4.Cidr.parse("0.0.0.0/0"),
        gateway: ipv4.Address.parse("192.168.0.2"),
      }],
      mtu,
      key: KEY,
    });
    this.icmp = new icmp.Endpoint({ ip: this.ip });
    this.udp = new udp.Endpoint({ ip: this.ip, icmp: this.icmp, key: KEY });
    this.tcp = new tcp.Endpoint({
      connections: 256,
      ...options.tcp,
      ip: this.ip,
      key: KEY,
    });
    this.icmp.onError(TCP, this.tcp);
    this.#rx = this.ip.recv(ip.demux({
      icmp: this.icmp.recv(),
      tcp: this.tcp.recv(),
      udp: this.udp.recv(),
      other: this.icmp.unknownProtocol(),
    }));
    const init = new udp.Init();
    this.#tx = this.ip.send(ip.rotate([
      this.tcp.send(),
      this.udp.send((raw) => {
        const datagram = this.datagrams.shift();
        if (datagram === undefined) return;
        init.source = LOCAL;
        init.sourcePort = datagram.port;
        init.destination = datagram.remote;
        init.destinationPort = datagram.remotePort;
        init.payloadLength = datagram.length;
        init.dscp = datagram.tos >> 2;
        init.ecn = datagram.tos & 3;
        const out = raw.prepare(init);
        if (typeof out === "string") return;
        const { bytes } = out.out.packet.memory;
        bytes.fill(0, out.payloadStart, out.payloadEnd);
        out.send();
      }),
    ]));
  }

  /** Time since the script began, µs. */
  get now(): number {
    return this.device.clock.now - ORIGIN;
  }

  /** Lets a packet arrive now; false if the device does not take it. */
  inject(octets: Uint8Array): boolean {
    return this.device.inject(octets);
  }

  /** Receives and sends until all is quiet at this moment. */
  settle(): void {
    const { device } = this;
    for (let turns = 0;; turns++) {
      if (turns > TURNS) throw new Error("the host is never quiet");
      const moved = device.rx(BURST, this.#rx) + device.tx(BURST, this.#tx);
      for (;;) {
        const octets = device.take();
        if (octets === undefined) break;
        const seen = decode(octets, this.now);
        this.sent.push(seen);
        this.history.push(seen);
      }
      if (moved > 0) {
        this.moved();
        continue;
      }
      if (this.#due > device.clock.now) return;
    }
  }

  get #due(): number {
    const { now } = this.device.clock;
    return Math.min(this.ip.nextDeadline(now), this.tcp.nextDeadline(now));
  }

  /**
   * Moves time forward, by one deadline of the host at most, up to `until` µs;
   * false if it stands there.
   */
  step(until: number): boolean {
    this.settle();
    const { clock } = this.device;
    const end = until + ORIGIN;
    if (clock.now >= end) return false;
    clock.now = Math.max(clock.now, Math.min(this.#due, end));
    this.settle();
    // A timer may have ended something without a packet.
    this.moved();
    return true;
  }

  /** Moves time to `until` µs, with all that happens on the way. */
  advance(until: number): void {
    while (this.step(until));
  }
}
