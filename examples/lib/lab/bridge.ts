/**
 * A narrow link in real time between two devices: whatever comes out of one goes
 * through the simulator's queues, delays and losses and into the other.
 *
 * @module
 */

import type { Device } from "@ethox/nic/device";
import type { Packet } from "@ethox/nic/packet";
import { type End, type Link, Simulator } from "@ethox/nic/simulator";
import { pathOf } from "./network.ts";
import type { PathSpec } from "./scenario.ts";

const BURST = 64;
const MTU = 1500;

/** One direction: packets of a device into an end, and out of it again. */
class Port {
  readonly #device: Device;
  readonly #end: End;
  #packet: Packet | undefined;
  #room: Packet | undefined;
  readonly #take = (packet: Packet) => {
    this.#packet = packet;
    this.#end.tx(1, this.#fill);
  };
  readonly #fill = (room: Packet) => move(this.#packet!, room);
  readonly #give = (room: Packet) => {
    this.#room = room;
    this.#end.rx(1, this.#drain);
  };
  readonly #drain = (packet: Packet) => move(packet, this.#room!);

  constructor(device: Device, end: End) {
    this.#device = device;
    this.#end = end;
  }

  /** Takes what the device has. */
  receive(): number {
    return this.#device.rx(BURST, this.#take);
  }

  /** Gives the device all that has arrived at the end. */
  send(): void {
    if (this.#end.nextArrival > this.#end.now()) return;
    while (this.#device.tx(BURST, this.#give) === BURST);
  }
}

/** Copies a packet; one that is too large is lost. */
function move(from: Packet, to: Packet): void {
  const length = from.end - from.start;
  if (to.resize(length) !== "queued") return;
  to.memory.copy(to.start, from.memory, from.start, length);
  to.queue();
}

/** Two devices with a path between them. */
export class Bridge {
  /** The link; `a` is on the first device's side. */
  readonly link: Link;
  readonly #net: Simulator;
  readonly #ports: readonly [Port, Port];
  readonly #clock: Device;
  readonly #origin: number;

  /** From the first device to the second over `forth`, and over `back`. */
  constructor(
    devices: readonly [Device, Device],
    forth: PathSpec,
    back: PathSpec,
    seed: number,
  ) {
    const paths = [pathOf(forth, MTU), pathOf(back, MTU)] as const;
    this.#net = new Simulator({
      seed,
      mtu: MTU,
      slots: paths[0].limit! + paths[1].limit! + 2,
    });
    this.link = this.#net.link({ paths });
    this.#ports = [
      new Port(devices[0], this.link.a),
      new Port(devices[1], this.link.b),
    ];
    this.#clock = devices[0];
    this.#origin = Math.ceil(devices[0].now());
  }

  /** When the next packet arrives at an end, by the clock of the devices, µs. */
  get nextArrival(): number {
    const { a, b } = this.link;
    return this.#origin + Math.min(a.nextArrival, b.nextArrival);
  }

  /** Brings the path up to the present, and passes on what is there. */
  turn(): void {
    const [a, b] = this.#ports;
    const now = Math.floor(this.#clock.now()) - this.#origin;
    do {
      this.#net.step(now);
      a.send();
      b.send();
    } while (this.#net.now < now);
    a.receive();
    b.receive();
  }
}
