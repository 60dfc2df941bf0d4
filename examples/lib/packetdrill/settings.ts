/**
 * What `sysctl` and its like in a script change here: one table, from which the
 * interpreter works and `--settings` prints.
 *
 * @module
 */

import type { Knobs } from "./knobs.ts";
import type { Setting } from "./setting.ts";
import { FREEBSD } from "./settings_freebsd.ts";
import { LINUX } from "./settings_linux.ts";

/** All settings that have a meaning here. */
export const SETTINGS: readonly Setting[] = [...LINUX, ...FREEBSD];

const BY_NAME = new Map(SETTINGS.map((setting) => [setting.name, setting]));

/** Applies one setting; false if it has no meaning here. */
export function apply(knobs: Knobs, name: string, value: string): boolean {
  const dotted = name.trim().replaceAll("/", ".");
  // Without a name elsewhere: `ethox.tcp.quickAcks=0`.
  const own = /^ethox\.tcp\.(\w+)$/.exec(dotted)?.[1];
  if (own !== undefined) {
    const text = value.trim();
    knobs.tuning[own] = text === "true" || text === "false"
      ? text === "true"
      : /^-?\d+$/.test(text)
      ? Number(text)
      : text;
    return true;
  }
  const setting = BY_NAME.get(dotted);
  if (setting === undefined) return false;
  setting.apply(knobs, value);
  return true;
}

/** The table as text. */
export function settingsText(): string {
  const width = Math.max(...SETTINGS.map((s) => s.name.length));
  const own = { name: "ethox.tcp.*", does: "tuning.*, µs and octets" };
  return [...SETTINGS, own].map((s) => `${s.name.padEnd(width)}  ${s.does}`)
    .join("\n");
}
