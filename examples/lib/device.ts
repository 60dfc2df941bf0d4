/**
 * The device that a person named, with what the common options put around it.
 *
 * @module
 */

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
import { print } from "./terminal.ts";

/** What to open, and how. */
export interface DeviceOptions extends CommonOptions {
  /** Which interface. */
  readonly interface: InterfaceSpec;
  /** Hardware address of the host that is built on it. */
  readonly address?: ethernet.Address;
  /** Packet buffers. */
  readonly slots?: number;
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
  const { offload, address, slots } = options;
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
        return RawSocket.open(name, settings);
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

/**
 * Opens a device of the kernel.
 *
 * @throws {UsageError} if the name cannot be one.
 */
export function openDevice(options: DeviceOptions): Opened {
  const kernel = openKernel(options);
  return {
    device: kernel,
    description: describe(kernel, options),
    waitAsync: (deadline) => kernel.waitAsync(deadline),
    wake: () => kernel.wake(),
    flush: () => {},
    [Symbol.dispose]: () => kernel[Symbol.dispose](),
  };
}
