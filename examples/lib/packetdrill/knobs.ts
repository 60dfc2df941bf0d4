/**
 * The numbers that a script's settings change, and what systems begin with.
 *
 * @module
 */

import type { Hints } from "./hints.ts";

/** The numbers that a script's settings change. */
export interface Knobs {
  /** Fields of `tcp.Tuning`, µs and octets. */
  readonly tuning: Record<string, unknown>;
  /** What the script expects where it sets no sizes of buffers. */
  hints: Hints;
  /** Sizes of receive buffers have been set. */
  sized: boolean;
  /** Least, default and most octets of a receive buffer. */
  rmem: number[];
  /** The same of a send buffer. */
  wmem: number[];
  /** Name of the congestion control. */
  congestion: string;
  /** 0 never, 1 under pressure, 2 always. */
  syncookies: number;
  /** Most connections that may wait for `accept`. */
  somaxconn: number;
  /** Segments of the initial window as a setting says it; 0 for the default. */
  fastOpenKey: string;
  /** Listeners take early octets without TCP_FASTOPEN. */
  fastOpenUnasked: boolean;
  /** MTU of the device, octets, 0 for that of the options. */
  mtu: number;
  /** `getsockopt` tells twice the size of buffers. */
  readonly doubles: boolean;
  /** The share of a receive buffer that becomes window. */
  readonly windowShare: number;
  /** MSS that is announced instead of the link's, 0 for that. */
  mssDefault: number;
  /** MSS that is announced instead of the link's, IPv6. */
  mssDefault6: number;
}

/** What Linux does unless it is told otherwise. */
export function linux(): Knobs {
  return {
    tuning: {
      ecn: "passive",
      fastOpen: 1,
      slowStartAfterIdle: true,
      // Its own looks for long delays without holding back what an ACK opens.
      hystart: false,
      // Only where the queue discipline or the control paces.
      pacing: false,
      // So that a single segment is repeated by the time-out, not as a probe.
      peerAckDelay: 200_000,
      mtuProbing: "off",
    },
    hints: {},
    sized: false,
    rmem: [4096, 131_072, 6_291_456],
    wmem: [4096, 4_194_304, 4_194_304],
    congestion: "cubic",
    syncookies: 1,
    somaxconn: 4096,
    fastOpenKey: "",
    fastOpenUnasked: false,
    windowShare: 0.5,
    mtu: 0,
    doubles: true,
    mssDefault: 0,
    mssDefault6: 0,
  };
}

/** What FreeBSD does. */
export function freebsd(): Knobs {
  return {
    ...linux(),
    tuning: {
      ecn: "passive",
      fastOpen: 0,
      minimumRto: 230_000,
      pacing: false,
      mtuProbing: "off",
    },
    rmem: [4096, 65_536, 2_097_152],
    wmem: [4096, 4_194_304, 4_194_304],
    windowShare: 1,
    doubles: false,
  };
}
