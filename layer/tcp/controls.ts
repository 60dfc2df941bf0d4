/**
 * Congestion controls by name.
 *
 * @module
 */

import { Bbr } from "./bbr.ts";
import type { Control } from "./control.ts";
import { Cubic } from "./cubic.ts";
import { Fixed } from "./fixed.ts";
import { Reno } from "./reno.ts";
import type { Tuning } from "./tuning.ts";

/** Names of the controls that are shipped. */
export const CONTROLS = ["cubic", "reno", "bbr", "fixed"] as const;

/** A name in {@linkcode CONTROLS}. */
export type ControlName = typeof CONTROLS[number];

/** Octets of the window that `"fixed"` means. */
const FIXED = 65535;

/** The controls of one endpoint, each made when it is first asked for. */
export class Controls {
  readonly #made = new Map<ControlName, Control>();
  readonly #connections: number;
  readonly #tuning: Tuning;

  /** For so many connections. */
  constructor(connections: number, tuning: Tuning) {
    this.#connections = connections;
    this.#tuning = tuning;
  }

  /** The control of a name, or the one that is given. @throws {RangeError} */
  get(which: ControlName | Control): Control {
    if (typeof which !== "string") return which;
    let control = this.#made.get(which);
    if (control === undefined) {
      control = this.#make(which);
      this.#made.set(which, control);
    }
    return control;
  }

  #make(name: ControlName): Control {
    const { hystart } = this.#tuning;
    switch (name) {
      case "cubic":
        return new Cubic(this.#connections, hystart);
      case "reno":
        return new Reno(this.#connections, hystart);
      case "bbr":
        return new Bbr(
          this.#connections,
          (salt) => this.#tuning.random(salt),
        );
      case "fixed":
        return new Fixed(FIXED);
    }
    throw new RangeError(
      `Cannot control by ${name}: have ${CONTROLS.join(", ")}`,
    );
  }
}
