// Where names stand in the data of records, and which may be compressed.

import { Type } from "./dns_numbers.ts";

/** Fixed octets, character strings, names, and what follows. */
export interface Layout {
  /** Octets in front. */
  readonly prefix: number;
  /** Character strings behind them. */
  readonly strings: number;
  /** Names behind those. */
  readonly names: number;
  /** Octets behind the names; -1 for any number. */
  readonly suffix: number;
  /** Whether the names may be written compressed (RFC 3597 section 4). */
  readonly compressed: boolean;
}

function layout(
  compressed: boolean,
  prefix: number,
  names: number,
  suffix: number,
  strings = 0,
): Layout {
  return { prefix, strings, names, suffix, compressed };
}

const NAME = layout(true, 0, 1, 0);
const TWO_NAMES = layout(false, 0, 2, 0);
const NAME_BEHIND_NUMBER = layout(false, 2, 1, 0);
const NAME_AND_MORE = layout(false, 0, 1, -1);
const SIGNATURE = layout(false, 18, 1, -1);
const SERVICE = layout(false, 2, 1, -1);

// Only RFC 1035 has types whose names may be compressed; those that RFC 3597
// section 4 lists besides are read either way, as is every other name here.
const LAYOUTS: ReadonlyMap<number, Layout> = new Map([
  [Type.NS, NAME],
  [Type.MD, NAME],
  [Type.MF, NAME],
  [Type.CNAME, NAME],
  [Type.SOA, layout(true, 0, 2, 20)],
  [Type.MB, NAME],
  [Type.MG, NAME],
  [Type.MR, NAME],
  [Type.PTR, NAME],
  [Type.MINFO, layout(true, 0, 2, 0)],
  [Type.MX, layout(true, 2, 1, 0)],
  [Type.RP, TWO_NAMES],
  [Type.AFSDB, NAME_BEHIND_NUMBER],
  [Type.RT, NAME_BEHIND_NUMBER],
  [Type.SIG, SIGNATURE],
  [Type.PX, layout(false, 2, 2, 0)],
  [Type.NXT, NAME_AND_MORE],
  [Type.SRV, layout(false, 6, 1, 0)],
  [Type.NAPTR, layout(false, 4, 1, 0, 3)],
  [Type.KX, NAME_BEHIND_NUMBER],
  [Type.DNAME, layout(false, 0, 1, 0)],
  [Type.RRSIG, SIGNATURE],
  [Type.NSEC, NAME_AND_MORE],
  [Type.SVCB, SERVICE],
  [Type.HTTPS, SERVICE],
]);

/** The layout of the data of a type, or nothing where they hold no name. */
export function layoutOf(type: number): Layout | undefined {
  return LAYOUTS.get(type);
}
