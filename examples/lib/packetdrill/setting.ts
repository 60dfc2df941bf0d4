/**
 * What one setting is.
 *
 * @module
 */

import type { Knobs } from "./knobs.ts";

/** One setting. */
export interface Setting {
  /** As `sysctl` knows it. */
  readonly name: string;
  /** What it changes here. */
  readonly does: string;
  readonly apply: (knobs: Knobs, value: string) => void;
}

/** The whole number that a value is, or begins with. */
export function integer(value: string): number {
  const n = Number(value.trim().split(/\s+/)[0]);
  return Number.isFinite(n) ? Math.trunc(n) : 0;
}

/** Sets a field of the tuning. */
export function tune(name: string, from: (n: number) => unknown = (n) => n) {
  return (knobs: Knobs, value: string) => {
    knobs.tuning[name] = from(integer(value));
  };
}

/** Whether a number says yes. */
export function yes(n: number): boolean {
  return n !== 0;
}

/** Seconds as µs. */
export function seconds(n: number): number {
  return n * 1_000_000;
}

/** Milliseconds as µs. */
export function millis(n: number): number {
  return n * 1000;
}
