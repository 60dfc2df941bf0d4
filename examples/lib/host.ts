/**
 * A host on a device: the tree of layers, built once, and one turn of its loop.
 *
 * Needs no permission; `program.ts` puts one on an interface of the kernel.
 *
 * @module
 */

import * as arp from "@ethox/layer/arp";
import * as eth from "@ethox/layer/eth";
import * as icmp from "@ethox/layer/icmp";
import * as ip from "@ethox/layer/ip";
import * as tcp from "@ethox/layer/tcp";
import * as udp from "@ethox/layer/udp";
import type { Counters } from "@ethox/managed/counters";
import type { Device } from "@ethox/nic/device";
import type { ReceiveHandler, SendHandler } from "@ethox/nic/packet";
import type * as ethernet from "@ethox/wire/ethernet";
import * as ipv4 from "@ethox/wire/ipv4";

const TCP = 6;
/** Packets in one burst. */
const BURST = 64;
const EVERYWHERE: ipv4.Cidr = ipv4.Cidr.parse("0.0.0.0/0");

/** How a host is made. */
export interface HostOptions {
  /** Its address and subnet. */
  readonly address: ipv4.Cidr;
  /** Its hardware address; a medium of bare datagrams does without. */
  readonly hardware: ethernet.Address;
  /** Where everything outside of the subnet goes to. */
  readonly gateway?: ipv4.Address;
  /** Its secret of 16 octets; drawn at random by default. */
  readonly key?: Uint8Array;
  /** TCP connections; there is no TCP by default. */
  readonly connections?: number;
  /** More for TCP. */
  readonly tcp?: Partial<Omit<tcp.Options, "ip" | "key" | "connections">>;
}

/** Whoever can say when it next has something to do. */
export interface Scheduled {
  /** µs; `now` or before if at once, `Infinity` for never. */
  nextDeadline(now: number): number;
}

/** One host on one device. */
export class Host {
  /** Where packets come from and go to. */
  readonly device: Device;
  /** Framing, on an Ethernet. */
  readonly eth: eth.Endpoint | undefined;
  /** Neighbours, on an Ethernet. */
  readonly arp: arp.Endpoint | undefined;
  /** Addresses and routes. */
  readonly ip: ip.Endpoint;
  /** Echo and errors. */
  readonly icmp: icmp.Endpoint;
  /** Ports. */
  readonly udp: udp.Endpoint;
  readonly #tcp: tcp.Endpoint | undefined;
  readonly #rx: ReceiveHandler;
  readonly #senders: ip.SendHandler[] = [];
  readonly #scheduled: Scheduled[] = [];
  #tx: SendHandler;
  private asked = 0.5;
  private due = 0.5;

  /** Builds the tree. */
  constructor(device: Device, options: HostOptions) {
    const { medium, mtu } = device.personality;
    const key = options.key ?? crypto.getRandomValues(new Uint8Array(16));
    this.device = device;
    if (medium === "ethernet") {
      this.eth = new eth.Endpoint({ address: options.hardware });
      this.arp = new arp.Endpoint({ eth: this.eth, key, pendingSize: mtu });
    }
    const { gateway } = options;
    this.ip = new ip.Endpoint({
      addresses: [options.address],
      mtu,
      key,
      ...(this.arp === undefined ? {} : { arp: this.arp }),
      ...(gateway === undefined
        ? {}
        : { routes: [{ network: EVERYWHERE, gateway }] }),
    });
    this.icmp = new icmp.Endpoint({ ip: this.ip });
    this.udp = new udp.Endpoint({ ip: this.ip, icmp: this.icmp, key });
    const branches: ip.Branches = {
      icmp: this.icmp.recv(),
      udp: this.udp.recv(),
      other: this.icmp.unknownProtocol(),
    };
    if (options.connections === undefined) {
      this.#rx = this.#framed(this.ip.recv(ip.demux(branches)));
    } else {
      this.#tcp = new tcp.Endpoint({
        ...options.tcp,
        ip: this.ip,
        key,
        connections: options.connections,
      });
      this.icmp.onError(TCP, this.#tcp);
      this.#senders.push(this.#tcp.send());
      const receiver = ip.demux({ ...branches, tcp: this.#tcp.recv() });
      this.#rx = this.#framed(this.ip.recv(receiver));
    }
    this.#tx = this.#offers();
  }

  /** Connections. @throws {TypeError} if the host was made without TCP. */
  get tcp(): tcp.Endpoint {
    if (this.#tcp === undefined) {
      throw new TypeError("Cannot use TCP: the host was made without it");
    }
    return this.#tcp;
  }

  /** Offers buffers to one more sender, in turn with the others. */
  add(sender: ip.SendHandler, scheduled?: Scheduled): void {
    this.#senders.push(sender);
    if (scheduled !== undefined) this.#scheduled.push(scheduled);
    this.#tx = this.#offers();
  }

  /**
   * Receives one burst and sends one; returns the packets of both. The device
   * may have more if it is `2 * BURST`.
   */
  turn(): number {
    return this.device.rx(BURST, this.#rx) + this.device.tx(BURST, this.#tx);
  }

  /** When there is something to do unless a packet comes first, µs. */
  nextDeadline(now: number): number {
    // Short enough to become a part of its caller, for numbers that a call takes
    // or returns are objects unless they are small integers.
    this.asked = now;
    this.seek();
    return this.due;
  }

  private seek(): void {
    const now = this.asked;
    let due = this.ip.nextDeadline(now);
    const tcp = this.#tcp;
    if (tcp !== undefined) due = Math.min(due, tcp.nextDeadline(now));
    for (let i = 0; i < this.#scheduled.length; i++) {
      due = Math.min(due, this.#scheduled[i]!.nextDeadline(now));
    }
    this.due = due;
  }

  /** The counters of all layers by name, the device's first. */
  get counters(): readonly (readonly [layer: string, counters: Counters])[] {
    return [
      ["device", this.device.counters],
      ...(this.eth === undefined ? [] : [["eth", this.eth.counters] as const]),
      ...(this.arp === undefined ? [] : [["arp", this.arp.counters] as const]),
      ["ip", this.ip.counters],
      ["icmp", this.icmp.counters],
      ["udp", this.udp.counters],
      ...(this.#tcp === undefined
        ? []
        : [["tcp", this.#tcp.counters] as const]),
    ];
  }

  #framed(receiver: ip.Recv): ReceiveHandler {
    return this.eth === undefined ? receiver : this.eth.recv(receiver);
  }

  #offers(): SendHandler {
    const sender = this.ip.send(ip.rotate(this.#senders));
    return this.eth === undefined ? sender : this.eth.send(sender);
  }
}

/** Counters in lines such as `icmp: received 3, echoesAnswered 3`. */
export function countersText(
  counters: readonly (readonly [string, Counters])[],
): string {
  return counters.flatMap(([layer, all]) => {
    const counted = [...all.entries()].filter(([, count]) => count !== 0);
    if (counted.length === 0) return [];
    return [
      `${layer}: ${counted.map(([name, n]) => `${name} ${n}`).join(", ")}`,
    ];
  }).join("\n");
}
