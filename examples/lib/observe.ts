/**
 * What the common options put around a device: a printer and a recorder.
 *
 * @module
 */

import { capture, tracer } from "@ethox/nic";
import type { Device } from "@ethox/nic/device";
import { type CommonOptions, UsageError } from "./args.ts";
import { print } from "./terminal.ts";

/** A device that is watched. */
export interface Observed extends Disposable {
  /** What packets go through. */
  readonly device: Device;
  /** Hands what was recorded to the disk. */
  flush(): void;
}

/** What to watch, and how. */
export type ObserveOptions = Pick<CommonOptions, "pcap" | "trace" | "offload">;

/**
 * Watches a device; `epoch` is the wall clock, µs, at its time 0.
 *
 * @throws {UsageError} if the file to record into cannot be made.
 */
export function observe(
  device: Device,
  name: string,
  epoch: number,
  options: ObserveOptions,
): Observed {
  const { pcap, trace, offload } = options;
  if (trace) {
    // Checksums that are left to a device would all be remarked upon.
    device = new tracer.Tracer(device, print, { checksums: !offload });
  }
  if (pcap === undefined) return { device, flush() {}, [Symbol.dispose]() {} };
  const file = create(pcap);
  const recorder = new capture.Capture(device, (octets) => {
    for (let at = 0; at < octets.length;) {
      at += file.writeSync(octets.subarray(at));
    }
  }, { name, epoch });
  return {
    device: recorder,
    flush: () => recorder.flush(),
    [Symbol.dispose]() {
      recorder.flush();
      file.close();
    },
  };
}

function create(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error(`Cannot write ${path} without --allow-write=${path}`);
    }
    const why = error instanceof Error ? error.message : `${error}`;
    throw new UsageError(`Cannot write ${path}: ${why}`);
  }
}
