/**
 * What an IP endpoint counts.
 *
 * @module
 */

/** Names of the counters, in the order of the indices below. */
export const COUNTERS = [
  "received",
  "delivered",
  "sent",
  "looped",
  "droppedEtherType",
  "droppedMalformed",
  "droppedChecksum",
  "droppedMartian",
  "droppedLand",
  "droppedNotOurs",
  "droppedLinkBroadcast",
  "droppedSourceRoute",
  "droppedFragment",
  "droppedProtocol",
  "noRoute",
  "badSource",
  "tooLarge",
  "sendFailed",
  "loopDropped",
  "droppedOtherHost",
  "badTtl",
] as const;

/** A name in {@linkcode COUNTERS}. */
export type CounterName = typeof COUNTERS[number];

/** Datagrams that arrived. */
export const RECEIVED = 0;
/** Of these, handed on. */
export const DELIVERED = 1;
/** Datagrams sent. */
export const SENT = 2;
/** Datagrams sent to this host itself. */
export const LOOPED = 3;
/** Frames of another protocol. */
export const DROPPED_ETHERTYPE = 4;
/** Datagrams whose header is wrong. */
export const DROPPED_MALFORMED = 5;
/** Datagrams whose header checksum is wrong. */
export const DROPPED_CHECKSUM = 6;
/** Datagrams from or to an address that cannot be. */
export const DROPPED_MARTIAN = 7;
/** Datagrams that claim to come from us. */
export const DROPPED_LAND = 8;
/** Datagrams for others. */
export const DROPPED_NOT_OURS = 9;
/** Datagrams for one host in a frame for all. */
export const DROPPED_LINK_BROADCAST = 10;
/** Datagrams with a source route. */
export const DROPPED_SOURCE_ROUTE = 11;
/** Fragments. */
export const DROPPED_FRAGMENT = 12;
/** Datagrams of a protocol that nobody takes. */
export const DROPPED_PROTOCOL = 13;
/** Datagrams to where no route leads. */
export const NO_ROUTE = 14;
/** Datagrams to be sent from an address that is not ours. */
export const BAD_SOURCE = 15;
/** Datagrams that MTU or buffer cannot hold. */
export const TOO_LARGE = 16;
/** Datagrams that the layer below would not send. */
export const SEND_FAILED = 17;
/** Datagrams to ourselves for which there was no room. */
export const LOOP_DROPPED = 18;
/** Frames for another host, which only a promiscuous Ethernet hands up. */
export const DROPPED_OTHER_HOST = 19;
/** Datagrams to be sent that would live for no hop. */
export const BAD_TTL = 20;
