/**
 * Logical link control, IEEE 802.2, behind a length instead of a type, with the
 * SubNetwork Access Protocol of
 * [RFC 1042](https://www.rfc-editor.org/rfc/rfc1042), which brings a type along.
 *
 * ```ts
 * import { ethernet, llc } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const header = new llc.Repr();
 * header.snap = true;
 * header.etherType = ethernet.EtherType.ARP;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 *
 * const packet = new llc.View(view);
 * assertEquals(packet.check(), undefined);
 * assert(packet.isEncapsulated);
 * assertEquals(packet.etherType, 0x0806);
 * assertEquals(packet.payloadStart, 8);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

/** Octets of the shortest header. */
export const HEADER_LENGTH = 3;
/** Octets of SNAP behind the control field. */
export const SNAP_LENGTH = 5;
/** The control field of an unnumbered information frame. */
export const UNNUMBERED = 3;
/** The organization whose types are EtherTypes (RFC 1042). */
export const OUI_ENCAPSULATED = 0;
/** The same for protocols that bridges must not translate (IEEE 802.1H). */
export const OUI_TUNNEL = 0x0000f8;

/** Assigned service access points. */
export const Sap = {
  /** No service: for LLC itself. */
  NULL: 0x00,
  /** The spanning tree protocol (IEEE 802.1D). */
  SPANNING_TREE: 0x42,
  /** SNAP (IEEE 802). */
  SNAP: 0xaa,
  /** IPX of Novell. */
  IPX: 0xe0,
  /** NetBIOS. */
  NETBIOS: 0xf0,
  /** OSI network layer, such as IS-IS (ISO 9577). */
  OSI: 0xfe,
  /** All of them; twice, IPX that has no LLC at all. */
  GLOBAL: 0xff,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [Sap.NULL, "null"],
  [Sap.SPANNING_TREE, "STP"],
  [Sap.SNAP, "SNAP"],
  [Sap.IPX, "IPX"],
  [Sap.NETBIOS, "NetBIOS"],
  [Sap.OSI, "OSI"],
  [Sap.GLOBAL, "global"],
]);

/** The name of a service access point, or `"0x06"`. */
export function nameOfSap(sap: number): string {
  return NAMES.get(sap) ?? `0x${sap.toString(16).padStart(2, "0")}`;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * An LLC header in place.
 *
 * Once {@linkcode View.check} finds nothing, the header lies inside, with SNAP
 * if there is one, and so does a payload of
 * {@linkcode View.payloadStart}..{@linkcode View.payloadEnd}. `oui` and
 * `etherType` may be used if {@linkcode View.hasSnap}; writing the access points
 * or the control field can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the frame. */
  end: number;

  /** A cursor at `start`..`end` of `view`; by default at nothing. */
  constructor(
    view: DataView = EMPTY,
    start: number = 0,
    end: number = view.byteLength,
  ) {
    this.view = view;
    this.start = start;
    this.end = end;
  }

  /** Points the cursor elsewhere. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Judges lengths only: `"truncated"`, or nothing. */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    return octets < HEADER_LENGTH || octets < this.headerLength
      ? "truncated"
      : undefined;
  }

  /** Service access point of the destination; bit 0 says that it is a group. */
  get destinationSap(): number {
    return this.view.getUint8(this.start);
  }
  set destinationSap(sap: number) {
    this.view.setUint8(this.start, sap);
  }

  /** Service access point of the source; bit 0 says that this is a response. */
  get sourceSap(): number {
    return this.view.getUint8(this.start + 1);
  }
  set sourceSap(sap: number) {
    this.view.setUint8(this.start + 1, sap);
  }

  /** Octets of the control field: 1 if it is unnumbered, else 2. */
  get controlLength(): number {
    return (this.view.getUint8(this.start + 2) & 3) === 3 ? 1 : 2;
  }

  /** The control field; its first octet is the lower one. */
  get control(): number {
    return this.controlLength === 1
      ? this.view.getUint8(this.start + 2)
      : this.view.getUint16(this.start + 2, true);
  }
  set control(control: number) {
    if ((control & 3) === 3) this.view.setUint8(this.start + 2, control);
    else this.view.setUint16(this.start + 2, control, true);
  }

  /** Whether organization and type follow. */
  get hasSnap(): boolean {
    return this.destinationSap === Sap.SNAP && this.sourceSap === Sap.SNAP;
  }

  /** Who assigned the type, 24 bits; with SNAP only. */
  get oui(): number {
    return this.view.getUint32(this.#snap) >>> 8;
  }
  set oui(oui: number) {
    this.view.setUint16(this.#snap, oui >>> 8);
    this.view.setUint8(this.#snap + 2, oui);
  }

  /** The type, of which the organization says what it means; with SNAP only. */
  get etherType(): number {
    return this.view.getUint16(this.#snap + 3);
  }
  set etherType(type: number) {
    this.view.setUint16(this.#snap + 3, type);
  }

  get #snap(): number {
    return this.start + 2 + this.controlLength;
  }

  /** Whether what follows is what an EtherType names (RFC 1042, IEEE 802.1H). */
  get isEncapsulated(): boolean {
    return this.hasSnap && this.control === UNNUMBERED &&
      (this.oui === OUI_ENCAPSULATED || this.oui === OUI_TUNNEL);
  }

  /** Whether this is no LLC but IPX, right behind the Ethernet header. */
  get isRaw(): boolean {
    return this.destinationSap === Sap.GLOBAL && this.sourceSap === Sap.GLOBAL;
  }

  /** Octets of the header. */
  get headerLength(): number {
    return 2 + this.controlLength + (this.hasSnap ? SNAP_LENGTH : 0);
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + this.headerLength;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }
}

/** What an LLC header says. */
export class Repr {
  /** Service access point of the destination; not used with SNAP. */
  destinationSap: number = Sap.NULL;
  /** Service access point of the source; not used with SNAP. */
  sourceSap: number = Sap.NULL;
  /** The control field, of one octet if its lowest bits are 11, else of two. */
  control: number = UNNUMBERED;
  /** Whether organization and type follow. */
  snap = false;
  /** Who assigned the type, 24 bits. */
  oui: number = OUI_ENCAPSULATED;
  /** The type. */
  etherType = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.control = from.control;
    this.snap = from.hasSnap;
    this.destinationSap = this.snap ? Sap.NULL : from.destinationSap;
    this.sourceSap = this.snap ? Sap.NULL : from.sourceSap;
    this.oui = this.snap ? from.oui : OUI_ENCAPSULATED;
    this.etherType = this.snap ? from.etherType : 0;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return 2 + ((this.control & 3) === 3 ? 1 : 2) +
      (this.snap ? SNAP_LENGTH : 0);
  }

  /** Writes the header at `at`. */
  emit(view: DataView, at: number): void {
    view.setUint8(at, this.snap ? Sap.SNAP : this.destinationSap);
    view.setUint8(at + 1, this.snap ? Sap.SNAP : this.sourceSap);
    at += 2;
    view.setUint8(at++, this.control);
    if ((this.control & 3) !== 3) view.setUint8(at++, this.control >>> 8);
    if (!this.snap) return;
    view.setUint16(at, this.oui >>> 8);
    view.setUint8(at + 2, this.oui);
    view.setUint16(at + 3, this.etherType);
  }
}

/** A header together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.payloadStart;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}
