/**
 * Tap: Ethernet frames to and from the kernel of this machine.
 *
 * @module
 */

import { libc } from "./ffi.ts";
import { attach, IFF_TAP } from "./tun.ts";
import { agreeMtu, checkOptions } from "./kernel_device.ts";
import { Tuntap, type TuntapOptions } from "./tuntap.ts";

/**
 * One end of a virtual Ethernet cable, the other end of which is a network
 * interface of the kernel.
 *
 * ```ts ignore
 * using nic = TapInterface.open("tap0");
 * nic.rx(64, (frame) => console.log(frame.length));
 * ```
 */
export class TapInterface extends Tuntap {
  /**
   * Attaches to the tap interface `name`, or makes it. A name such as `tap%d`
   * gets a number from the kernel.
   *
   * @throws {InterfaceNameError} if the name cannot be one.
   * @throws {OptionError} if a number makes no sense.
   * @throws {UnavailableError} elsewhere than on Linux, or without `--allow-ffi`.
   * @throws {SystemError} if the kernel refuses; no descriptor stays open.
   */
  static open(name: string, options: TuntapOptions = {}): TapInterface {
    checkOptions(options);
    const calls = options.calls ?? libc();
    const queue = attach(calls, name, {
      kind: IFF_TAP,
      offload: options.offload ?? true,
      multiQueue: options.multiQueue ?? false,
    });
    try {
      const mtu = agreeMtu(calls, queue.name, options.mtu);
      return new TapInterface(queue, "ethernet", mtu, options);
    } catch (error) {
      calls.close(queue.fd);
      throw error;
    }
  }
}
