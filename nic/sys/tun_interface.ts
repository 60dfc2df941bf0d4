/**
 * Tun: bare IP datagrams to and from the kernel of this machine.
 *
 * @module
 */

import { libc } from "./ffi.ts";
import { attach, IFF_TUN } from "./tun.ts";
import { agreeMtu, checkOptions } from "./kernel_device.ts";
import { Tuntap, type TuntapOptions } from "./tuntap.ts";

/**
 * One end of a virtual point-to-point link, the other end of which is a network
 * interface of the kernel.
 *
 * ```ts ignore
 * using nic = TunInterface.open("tun0");
 * nic.rx(64, (datagram) => console.log(datagram.length));
 * ```
 */
export class TunInterface extends Tuntap {
  /**
   * Attaches to the tun interface `name`, or makes it. A name such as `tun%d`
   * gets a number from the kernel.
   *
   * @throws {InterfaceNameError} if the name cannot be one.
   * @throws {OptionError} if a number makes no sense.
   * @throws {UnavailableError} elsewhere than on Linux, or without `--allow-ffi`.
   * @throws {SystemError} if the kernel refuses; no descriptor stays open.
   */
  static open(name: string, options: TuntapOptions = {}): TunInterface {
    checkOptions(options);
    const calls = options.calls ?? libc();
    const queue = attach(calls, name, {
      kind: IFF_TUN,
      offload: options.offload ?? true,
      multiQueue: options.multiQueue ?? false,
    });
    try {
      const mtu = agreeMtu(calls, queue.name, options.mtu);
      return new TunInterface(queue, "ip", mtu, options);
    } catch (error) {
      calls.close(queue.fd);
      throw error;
    }
  }
}
