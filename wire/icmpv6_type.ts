/**
 * Types and codes of ICMPv6 messages.
 *
 * @module
 */

/** Octets that every message has: type, code and checksum. */
export const HEADER_LENGTH = 4;
/** Octets in front of data or quote. */
export const FIXED_LENGTH = 8;

/** The packet could not be delivered. */
export const DESTINATION_UNREACHABLE = 1;
/** The packet does not fit the next link: see `mtu`. */
export const PACKET_TOO_BIG = 2;
/** The hop limit, or the time to put together, is over. */
export const TIME_EXCEEDED = 3;
/** The packet makes no sense: see `pointer`. */
export const PARAMETER_PROBLEM = 4;
/** To be sent back. */
export const ECHO_REQUEST = 128;
/** Answer to an echo request. */
export const ECHO_REPLY = 129;
/** Who listens? (RFC 2710, 9777) */
export const MULTICAST_LISTENER_QUERY = 130;
/** Somebody listens (RFC 2710). */
export const MULTICAST_LISTENER_REPORT = 131;
/** Somebody no longer listens (RFC 2710). */
export const MULTICAST_LISTENER_DONE = 132;
/** A router is looked for (RFC 4861). */
export const ROUTER_SOLICITATION = 133;
/** A router speaks (RFC 4861). */
export const ROUTER_ADVERTISEMENT = 134;
/** Who has the target address? (RFC 4861) */
export const NEIGHBOR_SOLICITATION = 135;
/** The sender has it (RFC 4861). */
export const NEIGHBOR_ADVERTISEMENT = 136;
/** There is a better first hop (RFC 4861). */
export const REDIRECT = 137;
/** Prefixes of routers are to change (RFC 2894). */
export const ROUTER_RENUMBERING = 138;
/** What is a node called? (RFC 4620) */
export const NODE_INFORMATION_QUERY = 139;
/** Names and addresses (RFC 4620). */
export const NODE_INFORMATION_REPLY = 140;
/** Which address goes with a link-layer address? (RFC 3122) */
export const INVERSE_NEIGHBOR_SOLICITATION = 141;
/** The addresses (RFC 3122). */
export const INVERSE_NEIGHBOR_ADVERTISEMENT = 142;
/** What somebody listens to (RFC 9777). */
export const MULTICAST_LISTENER_REPORT_V2 = 143;
/** Which home agents are there? (RFC 6275) */
export const HOME_AGENT_DISCOVERY_REQUEST = 144;
/** The home agents (RFC 6275). */
export const HOME_AGENT_DISCOVERY_REPLY = 145;
/** Which prefixes has the home? (RFC 6275) */
export const MOBILE_PREFIX_SOLICITATION = 146;
/** The prefixes (RFC 6275). */
export const MOBILE_PREFIX_ADVERTISEMENT = 147;
/** Who vouches for a router? (RFC 3971) */
export const CERTIFICATION_PATH_SOLICITATION = 148;
/** Certificates (RFC 3971). */
export const CERTIFICATION_PATH_ADVERTISEMENT = 149;
/** Experimental mobility protocols (RFC 4065). */
export const EXPERIMENTAL_MOBILITY = 150;
/** A multicast router speaks (RFC 4286). */
export const MULTICAST_ROUTER_ADVERTISEMENT = 151;
/** A multicast router is looked for (RFC 4286). */
export const MULTICAST_ROUTER_SOLICITATION = 152;
/** A multicast router falls silent (RFC 4286). */
export const MULTICAST_ROUTER_TERMINATION = 153;
/** Fast handovers of Mobile IPv6 (RFC 5568). */
export const FAST_HANDOVER = 154;
/** Routing in low-power and lossy networks (RFC 6550). */
export const RPL_CONTROL = 155;
/** New locators of a node (RFC 6743). */
export const LOCATOR_UPDATE = 156;
/** Is an address free, in a low-power network? (RFC 6775) */
export const DUPLICATE_ADDRESS_REQUEST = 157;
/** Whether it is (RFC 6775). */
export const DUPLICATE_ADDRESS_CONFIRMATION = 158;
/** Multicast for low-power networks (RFC 7731). */
export const MPL_CONTROL = 159;
/** How is an interface? (RFC 8335) */
export const EXTENDED_ECHO_REQUEST = 160;
/** How it is (RFC 8335). */
export const EXTENDED_ECHO_REPLY = 161;

/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const NO_ROUTE = 0;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const ADMINISTRATIVELY_PROHIBITED = 1;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const BEYOND_SCOPE = 2;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const ADDRESS_UNREACHABLE = 3;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const PORT_UNREACHABLE = 4;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const SOURCE_FAILED_POLICY = 5;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const REJECT_ROUTE = 6;
/** Code of {@linkcode TIME_EXCEEDED}. */
export const HOP_LIMIT_EXCEEDED = 0;
/** Code of {@linkcode TIME_EXCEEDED}. */
export const REASSEMBLY_TIME_EXCEEDED = 1;
/** Code of {@linkcode PARAMETER_PROBLEM}. */
export const ERRONEOUS_HEADER = 0;
/** Code of {@linkcode PARAMETER_PROBLEM}. */
export const UNRECOGNIZED_NEXT_HEADER = 1;
/** Code of {@linkcode PARAMETER_PROBLEM}. */
export const UNRECOGNIZED_OPTION = 2;
/** Code of {@linkcode PARAMETER_PROBLEM} (RFC 7112). */
export const INCOMPLETE_HEADER_CHAIN = 3;

const NAMES: Readonly<Record<number, string>> = {
  [DESTINATION_UNREACHABLE]: "destination unreachable",
  [PACKET_TOO_BIG]: "packet too big",
  [TIME_EXCEEDED]: "time exceeded",
  [PARAMETER_PROBLEM]: "parameter problem",
  [ECHO_REQUEST]: "echo request",
  [ECHO_REPLY]: "echo reply",
  [MULTICAST_LISTENER_QUERY]: "multicast listener query",
  [MULTICAST_LISTENER_REPORT]: "multicast listener report",
  [MULTICAST_LISTENER_DONE]: "multicast listener done",
  [ROUTER_SOLICITATION]: "router solicitation",
  [ROUTER_ADVERTISEMENT]: "router advertisement",
  [NEIGHBOR_SOLICITATION]: "neighbor solicitation",
  [NEIGHBOR_ADVERTISEMENT]: "neighbor advertisement",
  [REDIRECT]: "redirect",
  [ROUTER_RENUMBERING]: "router renumbering",
  [NODE_INFORMATION_QUERY]: "node information query",
  [NODE_INFORMATION_REPLY]: "node information reply",
  [INVERSE_NEIGHBOR_SOLICITATION]: "inverse neighbor discovery solicitation",
  [INVERSE_NEIGHBOR_ADVERTISEMENT]: "inverse neighbor discovery advertisement",
  [MULTICAST_LISTENER_REPORT_V2]: "multicast listener report v2",
  [HOME_AGENT_DISCOVERY_REQUEST]: "home agent address discovery request",
  [HOME_AGENT_DISCOVERY_REPLY]: "home agent address discovery reply",
  [MOBILE_PREFIX_SOLICITATION]: "mobile prefix solicitation",
  [MOBILE_PREFIX_ADVERTISEMENT]: "mobile prefix advertisement",
  [CERTIFICATION_PATH_SOLICITATION]: "certification path solicitation",
  [CERTIFICATION_PATH_ADVERTISEMENT]: "certification path advertisement",
  [EXPERIMENTAL_MOBILITY]: "experimental mobility",
  [MULTICAST_ROUTER_ADVERTISEMENT]: "multicast router advertisement",
  [MULTICAST_ROUTER_SOLICITATION]: "multicast router solicitation",
  [MULTICAST_ROUTER_TERMINATION]: "multicast router termination",
  [FAST_HANDOVER]: "FMIPv6",
  [RPL_CONTROL]: "RPL control",
  [LOCATOR_UPDATE]: "ILNPv6 locator update",
  [DUPLICATE_ADDRESS_REQUEST]: "duplicate address request",
  [DUPLICATE_ADDRESS_CONFIRMATION]: "duplicate address confirmation",
  [MPL_CONTROL]: "MPL control",
  [EXTENDED_ECHO_REQUEST]: "extended echo request",
  [EXTENDED_ECHO_REPLY]: "extended echo reply",
};

// RFC 4443 section 6.
const RESERVED: Readonly<Record<number, string>> = {
  100: "private experimentation",
  101: "private experimentation",
  127: "reserved for expansion of error messages",
  200: "private experimentation",
  201: "private experimentation",
  255: "reserved for expansion of informational messages",
};

const CODES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  // RFC 4443 section 3.1, RFC 6550 section 20.18, RFC 8883 section 6.
  [DESTINATION_UNREACHABLE]: [
    "no route to destination",
    "administratively prohibited",
    "beyond scope of source address",
    "address unreachable",
    "port unreachable",
    "source address failed policy",
    "reject route to destination",
    "error in source routing header",
    "headers too long",
    "error in P-Route",
  ],
  [TIME_EXCEEDED]: [
    "hop limit exceeded in transit",
    "fragment reassembly time exceeded",
  ],
  // RFC 4443 section 3.4, RFC 7112, RFC 8754 section 10.3, RFC 8883 section 6.
  [PARAMETER_PROBLEM]: [
    "erroneous header field encountered",
    "unrecognized next header type encountered",
    "unrecognized IPv6 option encountered",
    "first fragment has incomplete header chain",
    "SR upper-layer header error",
    "unrecognized next header type at intermediate node",
    "extension header too big",
    "extension header chain too long",
    "too many extension headers",
    "too many options in extension header",
    "option too big",
  ],
  [ROUTER_RENUMBERING]: {
    0: "router renumbering command",
    1: "router renumbering result",
    255: "sequence number reset",
  },
  [NODE_INFORMATION_QUERY]: [
    "subject is an IPv6 address",
    "subject is a name",
    "subject is an IPv4 address",
  ],
  [NODE_INFORMATION_REPLY]: [
    "successful reply",
    "refuses to supply the answer",
    "qtype is unknown",
  ],
  // RFC 6550 section 6, RFC 6997 section 9, RFC 6998 section 5.
  [RPL_CONTROL]: {
    0x00: "DODAG information solicitation",
    0x01: "DODAG information object",
    0x02: "destination advertisement object",
    0x03: "destination advertisement object acknowledgment",
    0x04: "P2P discovery reply object",
    0x05: "P2P discovery reply object acknowledgment",
    0x06: "measurement object",
    0x80: "secure DODAG information solicitation",
    0x81: "secure DODAG information object",
    0x82: "secure destination advertisement object",
    0x83: "secure destination advertisement object acknowledgment",
    0x84: "secure P2P discovery reply object",
    0x85: "secure P2P discovery reply object acknowledgment",
    0x8a: "consistency check",
  },
  // RFC 8335 section 3.
  [EXTENDED_ECHO_REPLY]: [
    "no error",
    "malformed query",
    "no such interface",
    "no such table entry",
    "multiple interfaces satisfy query",
  ],
};

/** Name of a type, or `type N`. */
export function nameOf(type: number): string {
  return NAMES[type] ?? RESERVED[type] ?? `type ${type}`;
}

/** Name of a code of a type, or `code N`. */
export function nameOfCode(type: number, code: number): string {
  return CODES[type]?.[code] ?? `code ${code}`;
}

/** Whether a type reports an error, known or not (RFC 4443 section 2.1). */
export function isError(type: number): boolean {
  return type < 128;
}

/** Whether an error is one of RFC 4443, which quote a packet. */
export function isQuoting(type: number): boolean {
  return type >= DESTINATION_UNREACHABLE && type <= PARAMETER_PROBLEM;
}

/** Whether the fifth octet tells the length of a quote, RFC 4884. */
export function isExtensible(type: number): boolean {
  return type === DESTINATION_UNREACHABLE || type === TIME_EXCEEDED;
}

/**
 * Octets that a message of a type has at least, as far as this module reads it:
 * 4 or 8.
 */
export function minimumLength(type: number): number {
  switch (type) {
    case MULTICAST_ROUTER_SOLICITATION:
    case MULTICAST_ROUTER_TERMINATION:
    case RPL_CONTROL:
    case MPL_CONTROL:
      return HEADER_LENGTH;
    default:
      return NAMES[type] === undefined ? HEADER_LENGTH : FIXED_LENGTH;
  }
}
