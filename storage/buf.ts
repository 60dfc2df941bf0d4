/**
 * The two places a stream protocol keeps no copy of: where octets to send come
 * from, and where received octets go.
 *
 * Both are asked at the moment a packet is in hand. Nothing in them may throw,
 * wait or allocate.
 *
 * @module
 */

import type { Memory } from "@ethox/managed/memory";

/**
 * What TCP may send.
 *
 * Offsets count octets from the first one that is not acknowledged yet, so
 * they stay small however long the stream is.
 */
export interface SendBuf {
  /**
   * Octets from the first unacknowledged one to the end of what may be sent,
   * whether they were sent before or not; at most 2^30. Octets that were asked
   * for stay available until {@linkcode SendBuf.acknowledge} says otherwise.
   */
  available(): number;

  /**
   * Whether nothing will follow what is available: TCP puts FIN behind it.
   * Once `true` it stays `true`, and available octets are not added to.
   */
  readonly finished: boolean;

  /**
   * Writes the octets `offset`..`offset + length` of the stream to `memory`
   * from `at`.
   *
   * May be asked for the same range any number of times, that is
   * retransmission, and must give the same octets until they are acknowledged.
   * The range lies within {@linkcode SendBuf.available}.
   */
  fill(memory: Memory, at: number, offset: number, length: number): void;

  /**
   * The first `length` available octets have arrived and are not asked for
   * again; FIN is not counted. All offsets fall by `length`.
   */
  acknowledge(length: number): void;
}

/**
 * Where TCP puts what arrives.
 *
 * Offsets count octets from the next one expected, the first that did not
 * arrive yet.
 */
export interface RecvBuf {
  /**
   * Octets from the next one expected that there is room for: the window to
   * announce; at most 2^30.
   *
   * `receive` lowers it by exactly what it returns, so the right edge that the
   * peer was told never moves to the left.
   */
  window(): number;

  /**
   * Takes the octets at `at` of `memory` as the range `offset`..`offset +
   * length` of the stream, in order or not.
   *
   * What was received before (a negative offset too) or lies beyond the window
   * is left out. Where a range overlaps one that is held already, the octets
   * accepted first stay. A range for which there is no book-keeping left may be
   * forgotten; one at offset 0 never is.
   *
   * @returns how many octets became contiguous, by which all offsets fall; or -1
   * if a part of the range that lies within the window was forgotten, so that
   * the peer must not hear that it arrived (RFC 2018 section 4)
   */
  receive(memory: Memory, at: number, offset: number, length: number): number;

  /**
   * Octets from the next one expected to the end of the furthest range that is
   * held, 0 for none. A buffer that may let go of what it held, in favour of
   * what lies nearer, has to have this: the peer hears no more of what lies
   * beyond.
   */
  reach?(): number;
}
