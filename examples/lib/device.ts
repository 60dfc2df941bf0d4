/**
 * The device that a person named, with what the common options put around it.
 *
 * @module
 */

import { lossy } from "@ethox/nic";
import type { Device } from "@ethox/nic/device";
import {
  InterfaceNameError,
  type KernelDevice,
  RawSocket,
  TapInterface,
  TunInterface,
} from "@ethox/nic/sys";
import type * as ethernet from "@ethox/wire/ethernet";
import { type CommonOptions, type InterfaceSpec, UsageError } from "./args.ts";
import { observe } from "./observe.ts";

/** What to open, and how. */
export interface DeviceOptions extends CommonOptions {
  /** Which interface. */
  readonly interface: InterfaceSpec;
  /** Hardware address of the host that is built on it. */
  readonly address?: ethernet.Address;
  /** Packet buffers. */
  readonly slots?: number;
  /** Whether a packet socket receives what this machine sends, too. */
  readonly outgoing?: boolean;
}

/** An open device. */
export interface Opened extends Disposable {
  /** What packets go through: that of the kernel, wrapped. */
  readonly device: Device;
  /** Such as `tap tap0, MTU 1500, with offload`. */
  readonly description: string;
  /** Waits until packets may be there; timers and promises go on meanwhile. */
  waitAsync(deadline: number): Promise<void>;
  /** Ends a wait that is going on. */
  wake(): void;
  /** Hands what was recorded to the disk. */
  flush(): void;
}

function openKernel(options: DeviceOptions): KernelDevice {
  const { kind, name } = options.interface;
  const { offload, address, slots, outgoing = false } = options;
  const settings = {
    offload,
    ...(address === undefined ? {} : { address }),
    ...(slots === undefined ? {} : { slots }),
  };
  try {
    switch (kind) {
      case "tap":
        return TapInterface.open(name, settings);
      case "tun":
        return TunInterface.open(name, settings);
      case "raw":
        return RawSocket.open(name, { ...settings, outgoing });
    }
  } catch (error) {
    if (error instanceof InterfaceNameError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}

function describe(kernel: KernelDevice, options: DeviceOptions): string {
  const { kind } = options.interface;
  const { mtu, capabilities } = kernel.personality;
  const offload = capabilities.tcpSegmentation > 0
    ? "with segmentation offload"
    : capabilities.tcp.transmit
    ? "with checksum offload"
    : "without offload";
  return `${kind}:${kernel.name}, MTU ${mtu}, ${offload}`;
}

/** Loses packets where that is asked for. */
function lose(device: Device, { loss, seed }: DeviceOptions): Device {
  const trouble = { loss };
  return loss > 0
    ? new lossy.Lossy(device, { receive: trouble, send: trouble, seed })
    : device;
}

/**
 * Opens a device of the kernel.
 *
 * @throws {UsageError} if the name cannot be one, or the file to record into
 * cannot be made.
 */
export function openDevice(options: DeviceOptions): Opened {
  using stack = new DisposableStack();
  const kernel = stack.use(openKernel(options));
  // Outside of the losses: what the host sees is what one wants to know.
  const { device, flush } = stack.use(observe(
    lose(kernel, options),
    kernel.name,
    Date.now() * 1000 - kernel.now(),
    options,
  ));
  const all = stack.move();
  return {
    device,
    description: describe(kernel, options),
    waitAsync: (deadline) => kernel.waitAsync(deadline),
    wake: () => kernel.wake(),
    flush,
    [Symbol.dispose]: () => all.dispose(),
  };
}
