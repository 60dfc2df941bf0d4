/**
 * Packets in the script's own language.
 *
 * @module
 */

import type { Option, PacketSpec, TcpPacket } from "./ast.ts";

const LETTERS = "FSRP.UEWA";
/** ACK, ECE, CWR and AE. */
const ACK = 0x010;

/** Flags such as `S.`, `P.` or `SEWA`; `-` for none. */
export function flagsText(flags: number): string {
  let text = "";
  for (const bit of [1, 0, 2, 3, 5, 6, 7, 8, 4]) {
    if ((flags >> bit) & 1) text += LETTERS[bit];
  }
  return text === "" ? "-" : text;
}

function hex(octets: Uint8Array): string {
  return [...octets].map((o) => o.toString(16).padStart(2, "0")).join("");
}

/** An option such as `mss 1460`. */
export function optionText(option: Option): string {
  switch (option.kind) {
    case "mss":
    case "wscale":
      return `${option.kind} ${option.value}`;
    case "sack":
      return `sack ${option.blocks.map((b) => b.join(":")).join(" ")}`;
    case "TS":
      return `TS val ${option.anyValue ? "..." : option.value} ecr ${
        option.anyEcho ? "..." : option.echo
      }`;
    case "FO":
    case "FOEXP":
    case "md5":
      return `${option.kind} ${option.any ? "..." : hex(option.octets)}`.trim();
    case "ECN": {
      const names = option.first === "e1b"
        ? ["e1b", "ceb", "e0b"]
        : ["e0b", "ceb", "e1b"];
      return `ECN ${
        option.counters.map((n, i) => `${names[i]} ${n}`).join(" ")
      }`
        .trim();
    }
    case "other":
      return option.number === 253
        ? new TextDecoder().decode(option.octets)
        : `option ${option.number} ${hex(option.octets)}`.trim();
    case "raw":
      return `raw ${hex(option.octets)}`.trim();
    case "any":
      return "...";
    default:
      return option.kind;
  }
}

const ECN = ["noecn", "ect1", "ect0", "ce"];

function ipText(packet: PacketSpec): string {
  const { ecn, tos, ttl } = packet.ip;
  const words: string[] = [];
  if (ecn !== undefined) words.push(typeof ecn === "number" ? ECN[ecn]! : ecn);
  if (tos !== undefined) words.push(`tos 0x${tos.toString(16)}`);
  if (ttl !== undefined) words.push(`ttl ${ttl}`);
  return words.length === 0 ? "" : `[${words.join(", ")}] `;
}

function tcpText(p: TcpPacket): string {
  const last = (p.sequence + p.length) >>> 0;
  let text = `${flagsText(p.flags)} ${p.sequence}:${last}(${p.length})`;
  if (p.ack !== undefined && (p.flags & ACK) !== 0) text += ` ack ${p.ack}`;
  else if (p.ack) text += ` ack ${p.ack}`;
  if (p.window !== undefined) text += ` win ${p.window}`;
  if (p.urgent) text += ` urg ${p.urgent}`;
  if (p.options === undefined) text += " <...>";
  else if (p.options.length > 0) {
    text += ` <${p.options.map(optionText).join(",")}>`;
  }
  return text;
}

/** A packet as a script would write it. */
export function packetText(p: PacketSpec): string {
  const sign = `${p.inbound ? "<" : ">"} ${ipText(p)}`;
  const ports = p.kind !== "icmp" && p.ports !== undefined
    ? `${p.ports.source} > ${p.ports.destination} `
    : "";
  if (p.kind === "tcp") return sign + ports + tcpText(p);
  if (p.kind === "udp") return `${sign}udp ${ports}(${p.length})`;
  const { type, code, mtu, echoed } = p;
  let text = `${sign}icmp ${type}`;
  if (code !== undefined) text += ` ${code}`;
  if (mtu !== undefined) text += ` mtu ${mtu}`;
  if (echoed?.protocol === "tcp") {
    const last = echoed.sequence + echoed.length;
    text += ` [${echoed.sequence}:${last}(${echoed.length})]`;
  } else if (echoed !== undefined) {
    text += ` [${echoed.protocol} (${echoed.length})]`;
  }
  return text;
}

/** Seconds with six digits. */
export function timeText(us: number): string {
  return (us / 1e6).toFixed(6);
}
