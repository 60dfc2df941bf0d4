/**
 * Round-trip times, printed as ping does.
 *
 * @module
 */

import type { Ping } from "@ethox/layer/icmp";

/** A time (µs) in ms with the digits that ping prints. */
export function milliseconds(time: number): string {
  const ms = time / 1000;
  const digits = ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : 3;
  return `${ms.toFixed(digits)} ms`;
}

/** What ping prints at its end; `elapsed` is in µs. */
export function summary(
  ping: Pick<
    Ping,
    | "sent"
    | "received"
    | "duplicates"
    | "minimum"
    | "mean"
    | "maximum"
    | "deviation"
  >,
  elapsed: number,
): string {
  const { sent, received, duplicates } = ping;
  const loss = sent === 0 ? 0 : (1 - received / sent) * 100;
  const line = `${sent} packets transmitted, ${received} received, ` +
    (duplicates > 0 ? `+${duplicates} duplicates, ` : "") +
    `${Number(loss.toFixed(4))}% packet loss, ` +
    `time ${Math.round(elapsed / 1000)}ms`;
  if (received === 0) return line;
  const times = [ping.minimum, ping.mean, ping.maximum, ping.deviation]
    .map((time) => (time / 1000).toFixed(3));
  return `${line}\nrtt min/avg/max/mdev = ${times.join("/")} ms`;
}
