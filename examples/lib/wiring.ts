/**
 * Interfaces in a namespace for live tests: the kernel is 192.0.2.1 on one side,
 * a program of ours 192.0.2.2 on the other.
 *
 * @module
 */

import type { Namespace, Program } from "./namespace.ts";

/** Address of the kernel. */
export const KERNEL = "192.0.2.1";
/** Address of our host. */
export const OURS = "192.0.2.2";
/** Hardware address of our host. */
export const HARDWARE = "02:00:00:00:00:02";

/** How kernel and program are joined. */
export type Wiring = "tap" | "tun" | "raw";

/** All of them, each with what `live` has to find for it. */
export const WIRINGS: readonly (readonly [Wiring, "tap" | "veth"])[] = [
  ["tap", "tap"],
  ["tun", "tap"],
  ["raw", "veth"],
];

/**
 * Makes the interfaces of a wiring, up and with the kernel's address, and
 * returns what to give to a program.
 */
export async function wire(
  namespace: Namespace,
  wiring: Wiring,
  mtu = 1500,
): Promise<string> {
  const kernel = wiring === "raw" ? "veth0" : `${wiring}0`;
  if (wiring === "raw") {
    await namespace.ip("link add veth0 type veth peer name veth1");
    await namespace.ip(`link set veth1 mtu ${mtu} up`);
  } else {
    await namespace.ip(`tuntap add dev ${kernel} mode ${wiring}`);
  }
  await namespace.ip(`link set ${kernel} mtu ${mtu} up`);
  await namespace.ip(`address add ${KERNEL}/24 dev ${kernel}`);
  return wiring === "raw" ? "raw:veth1" : `${wiring}:${kernel}`;
}

/** Starts a program of `examples/` as our host, and waits until it is ready. */
export async function host(
  namespace: Namespace,
  file: string,
  device: string,
  args: readonly string[] = [],
  permissions: readonly string[] = [],
): Promise<Program> {
  const program = namespace.example(file, [
    device,
    `${OURS}/24`,
    HARDWARE,
    `${KERNEL}/24`,
    ...args,
  ], permissions);
  await program.until(/ on .*, MTU \d+/);
  return program;
}
