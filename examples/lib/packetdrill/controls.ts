/**
 * Congestion controls by the names that systems give them.
 *
 * @module
 */

import * as tcp from "@ethox/layer/tcp";

/** What the stack may export, by the names of settings. */
const EXPORTS: Readonly<Record<string, string>> = {
  cubic: "Cubic",
  reno: "Reno",
  newreno: "Reno",
  bbr: "Bbr",
};
/** Connections of a machine; what a control remembers is by slot. */
const CONNECTIONS = 256;

/**
 * The control of a name, or `undefined` if the stack has none. `hystart` is for
 * those that begin with slow start.
 */
export function controlFor(
  name: string,
  hystart: boolean,
): tcp.Control | undefined {
  const found = (tcp as unknown as Record<string, unknown>)[
    EXPORTS[name] ?? ""
  ];
  if (typeof found !== "function") return undefined;
  const Made = found as new (
    connections: number,
    hystart: boolean,
  ) => tcp.Control;
  return new Made(CONNECTIONS, hystart);
}
