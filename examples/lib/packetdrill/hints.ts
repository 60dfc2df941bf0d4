/**
 * What a script takes for granted of the host that it was written on.
 *
 * @module
 */

import type { Script } from "./ast.ts";

const SYN = 0x002;

/** What the host says of its window where nothing in the script decides it. */
export interface Hints {
  /** The window of SYN, octets. */
  readonly window?: number;
  /** Left shift of later windows. */
  readonly scale?: number;
}

/**
 * Window and scale of the first SYN that a script expects. They follow from the
 * memory of a machine, and from the year of its kernel; a script that sets no
 * sizes of buffers wants those that it was written with.
 */
export function hintsOf(script: Script): Hints {
  for (const { action } of script.events) {
    if (action.kind !== "packet") continue;
    const { packet } = action;
    if (packet.kind !== "tcp" || packet.inbound) continue;
    if ((packet.flags & SYN) === 0) continue;
    const scale = packet.options?.find((option) => option.kind === "wscale");
    const { window } = packet;
    return {
      ...(window === undefined || window === 0 ? {} : { window }),
      ...(scale?.kind === "wscale" ? { scale: scale.value } : {}),
    };
  }
  return {};
}
