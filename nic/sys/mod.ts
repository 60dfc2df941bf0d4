/**
 * Devices of the Linux kernel: tap, tun and packet sockets, by system calls
 * through Deno's FFI.
 *
 * This entry point needs `--allow-ffi`, and only when the first device is
 * opened. A tap or tun interface needs CAP_NET_ADMIN or one that root prepared
 * for the user, a packet socket needs CAP_NET_RAW; in a network namespace of
 * one's own (`unshare -rn`) everybody has both. What the kernel refuses is a
 * {@linkcode SystemError} that says what to do about it.
 *
 * ```ts
 * import { InterfaceNameError, TapInterface } from "@ethox/nic/sys";
 * import { assertThrows } from "@std/assert";
 *
 * function serve(name: string): void {
 *   using nic = TapInterface.open(name, { slots: 16 });
 *   for (let turn = 0; turn < 100; turn++) {
 *     nic.rx(64, (frame) => void frame.length);
 *     nic.wait(nic.now() + 1e6);
 *   }
 * }
 *
 * assertThrows(() => serve("a-name-too-long-for-linux"), InterfaceNameError);
 * ```
 *
 * @module
 */

export { MonotonicClock } from "./clock.ts";
export {
  DisposedError,
  InterfaceNameError,
  type Obstacle,
  OptionError,
  SystemError,
  UnavailableError,
} from "./errno.ts";
export { type Libc, type Octets } from "./ffi.ts";
export { NetworkInterface } from "./interface.ts";
export { type DeviceOptions, KernelDevice } from "./kernel_device.ts";
export { type RawOptions, RawSocket } from "./raw.ts";
export { TapInterface } from "./tap.ts";
export { type Attachment } from "./tun.ts";
export { TunInterface } from "./tun_interface.ts";
export { Tuntap, type TuntapOptions } from "./tuntap.ts";
