// Captures, what tshark says of them, and stand-alone vectors. They lie beside
// the repository; tests that need them are skipped, saying so, without them.

import { assert, assertEquals } from "@std/assert";
import type { Reason } from "./reason.ts";

const ROOT = new URL("../../shared/conformance/", import.meta.url);

/** Whether the conformance material is there. */
export const present: boolean = (() => {
  try {
    return Deno.statSync(new URL("vectors", ROOT)).isDirectory;
  } catch {
    return false;
  }
})();

/** Registers a test that needs the conformance material. */
export function conformanceTest(
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const title = present ? name : `${name} (skipped: no ../shared/conformance)`;
  Deno.test({ name: title, ignore: !present, fn });
}

/** The content of `vectors/NAME.json`. */
export function vectors<T>(name: string): T {
  return JSON.parse(
    Deno.readTextFileSync(new URL(`vectors/${name}.json`, ROOT)),
  );
}

/** Octets from hexadecimal text. */
export function octets(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** Hexadecimal text of octets. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** A view of octets given as hexadecimal text. */
export function view(hex: string): DataView {
  return new DataView(octets(hex).buffer);
}

/** One layer of a frame as the oracle tells it. */
export interface Layer {
  /** Name: `eth`, `arp`, `ip`, `udp`, … */
  l: string;
  /** Offset in the frame. */
  off: number;
  /** Octets of the header. */
  size: number;
  /** Fields; absent where not decoded. */
  [key: string]: unknown;
}

/** One line of the oracle. */
export interface Frame {
  n: number;
  caplen: number;
  len: number;
  layers: Layer[];
  malformed?: boolean;
  short?: boolean;
  expert?: [string, string][];
}

/** A frame of a capture beside what the oracle says of it. */
export interface Case {
  /** Capture and frame number, to name in failures. */
  name: string;
  /** Link type of the capture: 1, 101, 228 or 229. */
  linkType: number;
  /** The captured octets alone: reading outside throws. */
  view: DataView;
  /** What the oracle says. */
  frame: Frame;
}

/** Names of all captures. */
export function captures(): string[] {
  return Array.from(Deno.readDirSync(new URL("pcap", ROOT)), (e) => e.name)
    .filter((name) => name.endsWith(".pcap"))
    .map((name) => name.slice(0, -".pcap".length))
    .sort();
}

/** All frames of one capture, each in a buffer of its own. */
export function cases(capture: string): Case[] {
  const file = Deno.readFileSync(new URL(`pcap/${capture}.pcap`, ROOT));
  const header = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (header.getUint32(0, true) !== 0xa1b2c3d4) {
    throw new TypeError(`Cannot read ${capture}: not a little-endian capture`);
  }
  const linkType = header.getUint32(20, true);
  const lines = Deno.readTextFileSync(new URL(`oracle/${capture}.jsonl`, ROOT))
    .split("\n").filter((line) => line !== "");
  const all: Case[] = [];
  let at = 24;
  for (const line of lines) {
    const frame = JSON.parse(line) as Frame;
    const length = header.getUint32(at + 8, true);
    const bytes = file.slice(at + 16, at + 16 + length);
    all.push({
      name: `${capture}#${frame.n}`,
      linkType,
      view: new DataView(bytes.buffer),
      frame,
    });
    at += 16 + length;
  }
  if (at !== file.byteLength) {
    throw new TypeError(`Cannot read ${capture}: frames and oracle differ`);
  }
  return all;
}

/** Whether the oracle itself says that a frame is damaged. */
export function damaged(frame: Frame): boolean {
  return frame.malformed === true || frame.short === true ||
    frame.caplen < frame.len ||
    (frame.expert ?? []).some(([kind]) => kind === "error");
}

/** Compares the keys that the oracle has, and says how many. */
export function compare(
  name: string,
  layer: Layer,
  mine: Record<string, unknown>,
): number {
  let compared = 0;
  for (const [key, value] of Object.entries(mine)) {
    if (!(key in layer)) continue;
    assertEquals(
      value,
      layer[key],
      `${name} ${layer.l} at ${layer.off}: ${key}`,
    );
    compared++;
  }
  return compared;
}

/** A rejection stands if the oracle, too, finds the frame damaged. */
export function rejected(
  { name, frame }: Case,
  layer: Layer,
  reason: Reason,
  rule: boolean,
): void {
  assert(
    rule || damaged(frame) || layer.csum_status === "bad",
    `${name} ${layer.l} at ${layer.off}: refused as ${reason} for no reason`,
  );
}
