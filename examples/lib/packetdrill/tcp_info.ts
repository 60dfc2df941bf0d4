/**
 * `tcp_info` of Linux, as far as it has a meaning here, by the names that
 * scripts use.
 *
 * @module
 */

import * as tcp from "@ethox/layer/tcp";
import type { Socket } from "./socket.ts";

/** States of this stack to those of Linux's `TCP_…`. */
const STATES: Readonly<Record<number, number>> = {
  [tcp.CLOSED]: 7,
  [tcp.LISTEN]: 10,
  [tcp.SYN_SENT]: 2,
  [tcp.SYN_RECEIVED]: 3,
  [tcp.ESTABLISHED]: 1,
  [tcp.FIN_WAIT_1]: 4,
  [tcp.FIN_WAIT_2]: 5,
  [tcp.CLOSE_WAIT]: 8,
  [tcp.CLOSING]: 11,
  [tcp.LAST_ACK]: 9,
  [tcp.TIME_WAIT]: 6,
};

/** Fields by name; what is not known is missing. */
export type Info = Record<string, number>;

function flag(c: tcp.Connection, name: string): boolean {
  return (c as unknown as Record<string, unknown>)[name] === true;
}

function amount(c: tcp.Connection, name: string): number | undefined {
  const value = (c as unknown as Record<string, unknown>)[name];
  return typeof value === "number" ? value : undefined;
}

/** What is known of a socket's connection. */
export function infoOf(s: Socket): Info {
  const c = s.stream?.connection;
  const info: Info = {};
  const set = (name: string, value: number | undefined) => {
    if (value !== undefined) info[`tcpi_${name}`] = value;
  };
  if (c === undefined) {
    set("state", s.listener === undefined ? 7 : 10);
    for (const name of ["unacked", "retransmits", "backoff"]) set(name, 0);
    set("options", s.stream?.synData ? 32 : 0);
    return info;
  }
  const { mss } = c;
  const segments = (octets: number) => Math.ceil(octets / mss);
  set("state", STATES[c.state] ?? 7);
  set("ca_state", c.inRecovery ? 3 : c.backoff > 0 ? 4 : 0);
  set("retransmits", c.backoff);
  set("backoff", c.backoff);
  set(
    "options",
    (flag(c, "tsOn") ? 1 : 0) | (flag(c, "sackOn") ? 2 : 0) |
      (c.sndScaled ? 4 : 0) | (flag(c, "ecnOn") ? 8 : 0) |
      (s.stream?.synData ? 32 : 0),
  );
  set("snd_wscale", c.sndScale);
  set("rcv_wscale", c.rcvScale);
  set("rto", c.rto);
  set("snd_mss", mss);
  set("rcv_mss", c.rcvMss);
  set("advmss", c.rcvMss);
  set("unacked", segments(c.flight));
  set("rtt", c.srtt);
  set("rttvar", c.rttvar);
  const slow = c.ssthresh >= 0x3fffffff;
  // FreeBSD counts octets, Linux segments.
  const unit = s.doubles ? mss : 1;
  set("snd_ssthresh", slow ? 0x7fffffff : Math.floor(c.ssthresh / unit));
  set("snd_cwnd", Math.floor(c.cwnd / unit));
  set("rcv_space", c.recvBuf.window());
  set("total_retrans", c.retransmissions);
  set("bytes_acked", c.octetsSent);
  set("bytes_received", c.octetsReceived);
  set("segs_out", c.segmentsSent);
  set("segs_in", c.segmentsReceived);
  set("notsent_bytes", c.unsent);
  set("snd_wnd", c.sndWnd);
  const delivered = amount(c, "delivered");
  set("delivered", delivered === undefined ? undefined : segments(delivered));
  set("pacing_rate", amount(c, "pacingRate"));
  set("min_rtt", amount(c, "minRtt"));
  // The short name of old scripts.
  set("cwnd", Math.floor(c.cwnd / unit));
  return info;
}
