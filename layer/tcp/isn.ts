/**
 * Initial sequence numbers,
 * [RFC 6528](https://www.rfc-editor.org/rfc/rfc6528), and offsets of timestamps.
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";

/** Tells the hash of timestamps from others. */
const TIMESTAMPS = 1;

/** Chooses initial sequence numbers: a 4 µs clock plus a keyed hash. */
export class IsnGenerator {
  readonly #hash: SipHash;

  /** `key` are 16 secret octets, drawn at random for each start. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
  }

  /**
   * The number for a connection that opens at `now` (µs): int32. Grows with time
   * for one 4-tuple; different 4-tuples have nothing to do with each other.
   */
  next(
    local: number,
    localPort: number,
    remote: number,
    remotePort: number,
    now: number,
  ): number {
    const ports = (localPort << 16) | remotePort;
    const secret = this.#hash.hash3(local, remote, ports);
    // ToInt32 reduces modulo 2^32 whatever the size of the clock.
    return (Math.floor(now / 4) + secret) | 0;
  }

  /**
   * What is added to the clock of a 4-tuple's timestamps, int32: strangers learn
   * nothing of the uptime or of other connections, and what follows on one
   * 4-tuple counts on (RFC 7323 section 7.1).
   */
  timestampOffset(local: number, remote: number, ports: number): number {
    return this.#hash.hash4(local, remote, ports, TIMESTAMPS);
  }
}
