// One line of TCP or UDP, in the manner of tcpdump.

import { pseudo4, pseudo6 } from "./checksum.ts";
import { Protocol } from "./ip.ts";
import * as tcp from "./tcp.ts";
import type { Writer } from "./text.ts";
import type { Reason } from "./reason.ts";
import * as udp from "./udp.ts";

/** How the checksum of a segment or datagram is to be judged. */
export interface Pseudo {
  /** 4 or 6; 0 where nothing can be judged: a fragment, or cut off. */
  family: 0 | 4 | 6;
  /** Addresses of IPv4, int32. */
  source: number;
  /** Addresses of IPv4, int32. */
  destination: number;
  /** Partial sum of the addresses of IPv6. */
  addresses: number;
}

/** Appends what is wrong with a header. */
export function broken(
  out: Writer,
  what: string,
  reason: Reason,
  octets: number,
): void {
  out.text(what);
  out.text(" [");
  out.text(reason);
  out.text("], length ");
  out.decimal(octets);
}

/** Appends segments and datagrams. */
export class TransportLine {
  readonly #out: Writer;
  readonly #options = new tcp.Options();
  readonly #tcp = new tcp.View();
  readonly #udp = new udp.View();

  /** Appends to a writer. */
  constructor(out: Writer) {
    this.#out = out;
  }

  /** Appends the ports of either, where no addresses stand in front. */
  ports(view: DataView, at: number): void {
    const out = this.#out;
    out.decimal(view.getUint16(at));
    out.text(" > ");
    out.decimal(view.getUint16(at + 2));
    out.text(": ");
  }

  /**
   * Appends what stands behind the ports of a sound segment, which ended at
   * `last` before it was cut off.
   */
  segment(
    view: DataView,
    start: number,
    end: number,
    last: number,
    pseudo: Pseudo | undefined,
  ): void {
    const out = this.#out;
    const segment = this.#tcp.wrap(view, start, end);
    const { flags } = segment;
    const length = Math.max(0, last - segment.payloadStart);
    const { sequence } = segment;
    out.text("Flags [");
    out.text(tcp.nameOfFlags(flags));
    out.text("]");
    if (pseudo !== undefined && !this.#right(segment, pseudo)) {
      out.text(", cksum 0x");
      out.hex(segment.checksum, 4);
      out.text(" (incorrect)");
    }
    if (length > 0 || (flags & (tcp.SYN | tcp.FIN | tcp.RST)) !== 0) {
      out.text(", seq ");
      out.unsigned(sequence);
    }
    if (length > 0) {
      out.text(":");
      out.unsigned(sequence + length);
    }
    if (segment.ack) {
      out.text(", ack ");
      out.unsigned(segment.acknowledgment);
    }
    out.text(", win ");
    out.decimal(segment.window);
    if (segment.urg) {
      out.text(", urg ");
      out.decimal(segment.urgentPointer);
    }
    if (segment.optionsStart < segment.optionsEnd) {
      out.text(", options [");
      this.#list(segment.view, segment.optionsStart, segment.optionsEnd);
      out.text("]");
    }
    out.text(", length ");
    out.decimal(length);
  }

  /** Whether a checksum is right, or one that a device was to complete. */
  #right(segment: tcp.View, pseudo: Pseudo): boolean {
    const { family, source, destination, addresses } = pseudo;
    const length = segment.end - segment.start;
    return family === 4
      ? segment.verify4(source, destination) ||
        segment.checksum === pseudo4(source, destination, Protocol.TCP, length)
      : segment.verify6(addresses) ||
        segment.checksum === pseudo6(addresses, Protocol.TCP, length);
  }

  /** Appends the options `at`..`end`. */
  #list(view: DataView, at: number, end: number): void {
    const out = this.#out;
    for (let first = true; at < end; first = false) {
      if (!first) out.text(",");
      const kind = view.getUint8(at);
      if (kind <= tcp.NO_OPERATION) {
        out.text(tcp.nameOfOption(kind));
        if (kind === tcp.END) return;
        at++;
        continue;
      }
      const length = at + 1 < end ? view.getUint8(at + 1) : 0;
      if (length < 2 || at + length > end) {
        out.text("bad option");
        return;
      }
      this.option(view, at, kind, length);
      at += length;
    }
  }

  /** Appends one option of a segment. */
  option(view: DataView, at: number, kind: number, length: number): void {
    const out = this.#out;
    const options = this.#options;
    out.text(tcp.nameOfOption(kind));
    options.read(view, at, at + length);
    if (options.unknownCount > 0) {
      if (length === 2) return;
      out.text(" 0x");
      out.octets(view, at + 2, at + length);
      return;
    }
    switch (kind) {
      case tcp.MAXIMUM_SEGMENT_SIZE:
        out.text(" ");
        return out.decimal(view.getUint16(at + 2));
      case tcp.WINDOW_SCALE:
        out.text(" ");
        return out.decimal(view.getUint8(at + 2));
      case tcp.TIMESTAMPS:
        out.text(" val ");
        out.unsigned(options.timestampValue);
        out.text(" ecr ");
        return out.unsigned(options.timestampEcho);
      case tcp.SACK:
        out.text(" ");
        out.decimal(options.sackCount);
        out.text(" ");
        for (let i = 0; i < options.sackCount; i++) {
          out.text("{");
          out.unsigned(options.sack[2 * i]!);
          out.text(":");
          out.unsigned(options.sack[2 * i + 1]!);
          out.text("}");
        }
        return;
      case tcp.USER_TIMEOUT:
        out.text(" ");
        out.decimal(options.userTimeout);
        return out.text("s");
      case tcp.FAST_OPEN:
        if (length === 2) return out.text(" cookiereq");
        out.text(" cookie ");
        return out.octets(view, at + 2, at + length);
    }
  }

  /** Appends what stands behind the ports of a datagram with a header. */
  datagram(
    view: DataView,
    start: number,
    end: number,
    pseudo: Pseudo | undefined,
  ): void {
    const out = this.#out;
    const datagram = this.#udp.wrap(view, start, end);
    const reason = datagram.check();
    // Where it is cut off, nothing is to be judged.
    if (pseudo !== undefined) {
      if (reason !== undefined) {
        out.text("UDP, bad length ");
        return out.decimal(datagram.length);
      }
      if (!this.#whole(datagram, pseudo)) out.text("[bad udp cksum] ");
    }
    out.text("UDP, length ");
    out.decimal(datagram.length - udp.HEADER_LENGTH);
  }

  /** Whether the checksum of a sound segment is right or partial. */
  segmentRight(
    view: DataView,
    start: number,
    end: number,
    pseudo: Pseudo,
  ): boolean {
    return this.#right(this.#tcp.wrap(view, start, end), pseudo);
  }

  /** Whether the checksum of a datagram is right, absent or partial. */
  right(view: DataView, start: number, end: number, pseudo: Pseudo): boolean {
    const datagram = this.#udp.wrap(view, start, end);
    return datagram.check() === undefined && this.#whole(datagram, pseudo);
  }

  #whole(datagram: udp.View, pseudo: Pseudo): boolean {
    const { family, source, destination, addresses } = pseudo;
    const { length } = datagram;
    return family === 4
      ? datagram.verify4(source, destination) ||
        datagram.checksum === pseudo4(source, destination, Protocol.UDP, length)
      : datagram.verify6(addresses) ||
        datagram.checksum === pseudo6(addresses, Protocol.UDP, length);
  }
}

/** Whether a message of HTTP/1 begins here: `GET /`, `HTTP/1.1 200 OK`. */
export function isHttp(view: DataView, at: number, end: number): boolean {
  if (end - at < 5) return false;
  if (view.getUint32(at) === 0x48545450) return true;
  const most = Math.min(end, at + 8);
  let letters = 0;
  while (at + letters < most) {
    const octet = view.getUint8(at + letters);
    if (octet === 0x20) return letters >= 3;
    if (octet < 0x41 || octet > 0x5a) return false;
    letters++;
  }
  return false;
}
