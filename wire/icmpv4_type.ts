/**
 * Types and codes of ICMPv4 messages.
 *
 * @module
 */

/** Octets in front of data or quote. */
export const HEADER_LENGTH = 8;
/** Octets of a timestamp message. */
export const TIMESTAMP_LENGTH = 20;
/** Octets of an address mask message, RFC 950. */
export const ADDRESS_MASK_LENGTH = 12;

/** Answer to an echo request. */
export const ECHO_REPLY = 0;
/** The datagram could not be delivered. */
export const DESTINATION_UNREACHABLE = 3;
/** Slow down; to be ignored, RFC 6633. */
export const SOURCE_QUENCH = 4;
/** There is a better gateway. */
export const REDIRECT = 5;
/** Alternate host address; deprecated, RFC 6918. */
export const ALTERNATE_HOST_ADDRESS = 6;
/** To be sent back. */
export const ECHO_REQUEST = 8;
/** A router speaks, RFC 1256. */
export const ROUTER_ADVERTISEMENT = 9;
/** A router is looked for, RFC 1256. */
export const ROUTER_SOLICITATION = 10;
/** The time to live, or to be put together, is over. */
export const TIME_EXCEEDED = 11;
/** The header makes no sense. */
export const PARAMETER_PROBLEM = 12;
/** What time is it. */
export const TIMESTAMP = 13;
/** The time. */
export const TIMESTAMP_REPLY = 14;
/** Which network is this; deprecated, RFC 6918. */
export const INFORMATION_REQUEST = 15;
/** The network; deprecated, RFC 6918. */
export const INFORMATION_REPLY = 16;
/** Which mask is used here; deprecated, RFC 6918. */
export const ADDRESS_MASK_REQUEST = 17;
/** The mask; deprecated, RFC 6918. */
export const ADDRESS_MASK_REPLY = 18;
/** Traceroute; deprecated, RFC 6918. */
export const TRACEROUTE = 30;
/** Datagram conversion error; deprecated, RFC 6918. */
export const DATAGRAM_CONVERSION_ERROR = 31;
/** Mobile host redirect; deprecated, RFC 6918. */
export const MOBILE_HOST_REDIRECT = 32;
/** IPv6 where-are-you; deprecated, RFC 6918. */
export const IPV6_WHERE_ARE_YOU = 33;
/** IPv6 I-am-here; deprecated, RFC 6918. */
export const IPV6_I_AM_HERE = 34;
/** Mobile registration request; deprecated, RFC 6918. */
export const MOBILE_REGISTRATION_REQUEST = 35;
/** Mobile registration reply; deprecated, RFC 6918. */
export const MOBILE_REGISTRATION_REPLY = 36;
/** Domain name request; deprecated, RFC 6918. */
export const DOMAIN_NAME_REQUEST = 37;
/** Domain name reply; deprecated, RFC 6918. */
export const DOMAIN_NAME_REPLY = 38;
/** SKIP; deprecated, RFC 6918. */
export const SKIP = 39;
/** Trouble with security associations, RFC 2521. */
export const PHOTURIS = 40;
/** Experimental mobility protocols, RFC 4065. */
export const EXPERIMENTAL_MOBILITY = 41;
/** Extended echo request, RFC 8335. */
export const EXTENDED_ECHO_REQUEST = 42;
/** Extended echo reply, RFC 8335. */
export const EXTENDED_ECHO_REPLY = 43;

/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const NETWORK_UNREACHABLE = 0;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const HOST_UNREACHABLE = 1;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const PROTOCOL_UNREACHABLE = 2;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const PORT_UNREACHABLE = 3;
/** Code of {@linkcode DESTINATION_UNREACHABLE}: see `nextHopMtu`. */
export const FRAGMENTATION_NEEDED = 4;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const SOURCE_ROUTE_FAILED = 5;
/** Code of {@linkcode TIME_EXCEEDED}. */
export const TTL_EXCEEDED = 0;
/** Code of {@linkcode TIME_EXCEEDED}. */
export const REASSEMBLY_TIME_EXCEEDED = 1;

/** Code of {@linkcode ROUTER_ADVERTISEMENT}: not for common traffic, RFC 5944. */
export const NO_COMMON_TRAFFIC = 16;
/** Preference of a router that must not be used by default, RFC 1256. */
export const NEVER_DEFAULT: number = -0x8000_0000;

const NAMES: Readonly<Record<number, string>> = {
  [ECHO_REPLY]: "echo reply",
  [DESTINATION_UNREACHABLE]: "destination unreachable",
  [SOURCE_QUENCH]: "source quench",
  [REDIRECT]: "redirect",
  [ALTERNATE_HOST_ADDRESS]: "alternate host address",
  [ECHO_REQUEST]: "echo request",
  [ROUTER_ADVERTISEMENT]: "router advertisement",
  [ROUTER_SOLICITATION]: "router solicitation",
  [TIME_EXCEEDED]: "time exceeded",
  [PARAMETER_PROBLEM]: "parameter problem",
  [TIMESTAMP]: "timestamp request",
  [TIMESTAMP_REPLY]: "timestamp reply",
  [INFORMATION_REQUEST]: "information request",
  [INFORMATION_REPLY]: "information reply",
  [ADDRESS_MASK_REQUEST]: "address mask request",
  [ADDRESS_MASK_REPLY]: "address mask reply",
  [TRACEROUTE]: "traceroute",
  [DATAGRAM_CONVERSION_ERROR]: "datagram conversion error",
  [MOBILE_HOST_REDIRECT]: "mobile host redirect",
  [IPV6_WHERE_ARE_YOU]: "IPv6 where-are-you",
  [IPV6_I_AM_HERE]: "IPv6 I-am-here",
  [MOBILE_REGISTRATION_REQUEST]: "mobile registration request",
  [MOBILE_REGISTRATION_REPLY]: "mobile registration reply",
  [DOMAIN_NAME_REQUEST]: "domain name request",
  [DOMAIN_NAME_REPLY]: "domain name reply",
  [SKIP]: "SKIP",
  [PHOTURIS]: "photuris",
  [EXPERIMENTAL_MOBILITY]: "experimental mobility",
  [EXTENDED_ECHO_REQUEST]: "extended echo request",
  [EXTENDED_ECHO_REPLY]: "extended echo reply",
};

const CODES: Readonly<Record<number, readonly string[]>> = {
  // RFC 1122 section 3.2.2.1 and RFC 1812 section 5.2.7.1.
  [DESTINATION_UNREACHABLE]: [
    "net unreachable",
    "host unreachable",
    "protocol unreachable",
    "port unreachable",
    "fragmentation needed",
    "source route failed",
    "net unknown",
    "host unknown",
    "source host isolated",
    "net prohibited",
    "host prohibited",
    "net unreachable for TOS",
    "host unreachable for TOS",
    "communication prohibited",
    "host precedence violation",
    "precedence cutoff",
  ],
  [REDIRECT]: [
    "redirect for net",
    "redirect for host",
    "redirect for TOS and net",
    "redirect for TOS and host",
  ],
  [TIME_EXCEEDED]: ["time exceeded in-transit", "reassembly time exceeded"],
  [PARAMETER_PROBLEM]: [
    "pointer indicates the error",
    "missing option",
    "bad length",
  ],
  // RFC 2521 section 2.
  [PHOTURIS]: [
    "bad SPI",
    "authentication failed",
    "decompression failed",
    "decryption failed",
    "need authentication",
    "need authorization",
  ],
  // RFC 8335 section 3.
  [EXTENDED_ECHO_REPLY]: [
    "no error",
    "malformed query",
    "no such interface",
    "no such table entry",
    "multiple interfaces satisfy query",
  ],
};

const STATES: readonly string[] = [
  "reserved",
  "incomplete",
  "reachable",
  "stale",
  "delay",
  "probe",
  "failed",
];

/** Name of a neighbor's state in extended echo replies, or `state N`. */
export function nameOfState(state: number): string {
  return STATES[state] ?? `state ${state}`;
}

/** Name of a type, or `type N`. */
export function nameOf(type: number): string {
  return NAMES[type] ?? `type ${type}`;
}

/** Name of a code of a type, or `code N`. */
export function nameOfCode(type: number, code: number): string {
  if (type === ROUTER_ADVERTISEMENT && code === NO_COMMON_TRAFFIC) {
    return "does not route common traffic";
  }
  return CODES[type]?.[code] ?? `code ${code}`;
}

/** Whether a type reports an error and quotes a datagram, RFC 1122 3.2.2. */
export function isError(type: number): boolean {
  return type === DESTINATION_UNREACHABLE || type === SOURCE_QUENCH ||
    type === REDIRECT || type === TIME_EXCEEDED || type === PARAMETER_PROBLEM;
}

/** Whether the word behind the checksum tells the length of a quote, RFC 4884. */
export function isExtensible(type: number): boolean {
  return type === DESTINATION_UNREACHABLE || type === TIME_EXCEEDED ||
    type === PARAMETER_PROBLEM;
}

/** Octets that a message of a type has at least. */
export function minimumLength(type: number): number {
  switch (type) {
    case TIMESTAMP:
    case TIMESTAMP_REPLY:
      return TIMESTAMP_LENGTH;
    case ADDRESS_MASK_REQUEST:
    case ADDRESS_MASK_REPLY:
      return ADDRESS_MASK_LENGTH;
    default:
      return HEADER_LENGTH;
  }
}
