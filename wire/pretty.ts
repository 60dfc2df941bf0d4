/**
 * Packets as text: one line each in the manner of `tcpdump -nn`, or an indented
 * tree.
 *
 * ```ts
 * import { ipv4, pretty, udp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(28));
 * view.setUint32(0, 0x4500001c);
 * view.setUint32(8, 0x40110000);
 * view.setUint32(12, 0xc0000201);
 * view.setUint32(16, 0xc0000202);
 * new ipv4.View(view).fillChecksum();
 * new udp.Repr().emit(view, 20);
 *
 * const printer = new pretty.Printer({ medium: "ip" });
 * assertEquals(
 *   printer.line(view, 0, 28),
 *   "IP 192.0.2.1.0 > 192.0.2.2.0: UDP, length 0",
 * );
 * ```
 *
 * @module
 */

import { Line } from "./_print_line.ts";
import { type Node, Tree } from "./_print_tree.ts";
import { Dissector, LinkType } from "./dissector.ts";
import { Writer } from "./text.ts";

export type { Node };

/** What to print. */
export interface PrinterOptions {
  /** What packets begin with; Ethernet by default. */
  readonly medium?: "ethernet" | "ip";
  /** The same by the link type of a capture, such as `LinkType.LINUX_SLL`. */
  readonly linkType?: number;
  /** Whether lines begin with the Ethernet header, as by `tcpdump -e`. */
  readonly link?: boolean;
  /** Whether wrong checksums are remarked upon; they are by default. */
  readonly checksums?: boolean;
  /** Where `append` puts lines; a writer of the printer's own by default. */
  readonly out?: Writer;
}

/**
 * Prints packets; never throws, whatever the octets. `append` makes no garbage,
 * the other forms make the strings that they return.
 */
export class Printer {
  /** Where {@linkcode Printer.append} puts lines. */
  readonly out: Writer;
  /** What packets begin with; may be changed between them. */
  linkType: number;
  readonly #line: Line;
  readonly #tree: Tree;
  readonly #found = new Dissector();

  /** A printer for one medium. */
  constructor(options: PrinterOptions = {}) {
    const { medium, link = false, checksums = true } = options;
    this.out = options.out ?? new Writer(1024);
    this.linkType = options.linkType ??
      (medium === "ip" ? LinkType.RAW : LinkType.ETHERNET);
    this.#line = new Line(this.out, link, checksums);
    this.#tree = new Tree(this.#line, this.out);
  }

  /**
   * Appends one line for the octets `start`..`end`, without its end. Where a
   * capture was cut, the frame had `length` octets.
   */
  append(
    view: DataView,
    start: number,
    end: number,
    length: number = end - start,
  ): void {
    const claimed = start + length;
    const found = this.#found;
    if (found.walk(view, start, end, this.linkType, claimed) > 0) {
      this.#line.append(view, found, claimed);
      return;
    }
    this.out.text("link type ");
    this.out.decimal(this.linkType);
    this.out.text(", length ");
    this.out.decimal(length);
  }

  /** One line for the octets `start`..`end`. */
  line(view: DataView, start: number, end: number): string {
    const { out } = this;
    const from = out.length;
    this.append(view, start, end);
    const text = out.toString(from);
    out.length = from;
    return text;
  }

  /** The same as a tree, two spaces for each level. */
  tree(view: DataView, start: number, end: number): string {
    const lines: string[] = [];
    write(this.nodes(view, start, end), 0, lines);
    return lines.join("\n");
  }

  /** The headers of a packet, one inside the other. */
  nodes(view: DataView, start: number, end: number): Node {
    this.#found.walk(view, start, end, this.linkType);
    return this.#tree.nodes(view, this.#found);
  }
}

function write(node: Node, depth: number, lines: string[]): void {
  lines.push("  ".repeat(depth) + node.text);
  for (const inner of node.inner) write(inner, depth + 1, lines);
}
