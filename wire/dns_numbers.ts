// Assigned numbers of the Domain Name System and their names.

/** Types of records and of questions. */
export const Type = {
  /** Host address (RFC 1035). */
  A: 1,
  /** Name server (RFC 1035). */
  NS: 2,
  /** Mail destination, obsolete (RFC 1035). */
  MD: 3,
  /** Mail forwarder, obsolete (RFC 1035). */
  MF: 4,
  /** Canonical name (RFC 1035). */
  CNAME: 5,
  /** Start of authority (RFC 1035). */
  SOA: 6,
  /** Mailbox (RFC 1035). */
  MB: 7,
  /** Mail group member (RFC 1035). */
  MG: 8,
  /** Mail rename (RFC 1035). */
  MR: 9,
  /** Null (RFC 1035). */
  NULL: 10,
  /** Well-known services (RFC 1035). */
  WKS: 11,
  /** Pointer (RFC 1035). */
  PTR: 12,
  /** Host information (RFC 1035). */
  HINFO: 13,
  /** Mailbox information (RFC 1035). */
  MINFO: 14,
  /** Mail exchange (RFC 1035). */
  MX: 15,
  /** Text (RFC 1035). */
  TXT: 16,
  /** Responsible person (RFC 1183). */
  RP: 17,
  /** AFS data base (RFC 1183). */
  AFSDB: 18,
  /** Route through (RFC 1183). */
  RT: 21,
  /** Signature of a transaction (RFC 2931). */
  SIG: 24,
  /** Key (RFC 2535). */
  KEY: 25,
  /** X.400 mapping (RFC 2163). */
  PX: 26,
  /** IPv6 host address (RFC 3596). */
  AAAA: 28,
  /** Location (RFC 1876). */
  LOC: 29,
  /** Next domain, obsolete (RFC 2535). */
  NXT: 30,
  /** Location of a service (RFC 2782). */
  SRV: 33,
  /** Naming authority pointer (RFC 3403). */
  NAPTR: 35,
  /** Key exchanger (RFC 2230). */
  KX: 36,
  /** Certificate (RFC 4398). */
  CERT: 37,
  /** Renaming of a subtree (RFC 6672). */
  DNAME: 39,
  /** Extension of the message (RFC 6891). */
  OPT: 41,
  /** Address prefixes (RFC 3123). */
  APL: 42,
  /** Delegation signer (RFC 4034). */
  DS: 43,
  /** Key fingerprint of SSH (RFC 4255). */
  SSHFP: 44,
  /** Signature of a record set (RFC 4034). */
  RRSIG: 46,
  /** Next secure name (RFC 4034). */
  NSEC: 47,
  /** Public key of a zone (RFC 4034). */
  DNSKEY: 48,
  /** Hashed next secure name (RFC 5155). */
  NSEC3: 50,
  /** Parameters of the hash (RFC 5155). */
  NSEC3PARAM: 51,
  /** Certificate association of TLS (RFC 6698). */
  TLSA: 52,
  /** Delegation signer of a child (RFC 7344). */
  CDS: 59,
  /** Key of a child (RFC 7344). */
  CDNSKEY: 60,
  /** Public key of OpenPGP (RFC 7929). */
  OPENPGPKEY: 61,
  /** Digest of a zone (RFC 8976). */
  ZONEMD: 63,
  /** Service binding (RFC 9460). */
  SVCB: 64,
  /** Service binding of HTTPS (RFC 9460). */
  HTTPS: 65,
  /** Establishment of a secret key (RFC 2930). */
  TKEY: 249,
  /** Signature of a transaction (RFC 8945). */
  TSIG: 250,
  /** Incremental zone transfer (RFC 1995). */
  IXFR: 251,
  /** Zone transfer (RFC 5936). */
  AXFR: 252,
  /** Any type (RFC 8482). */
  ANY: 255,
  /** Uniform resource identifier (RFC 7553). */
  URI: 256,
  /** Authorization of certificate authorities (RFC 8659). */
  CAA: 257,
} as const;

/** Classes. */
export const Class = {
  /** The Internet (RFC 1035). */
  IN: 1,
  /** Chaos (RFC 1035). */
  CH: 3,
  /** Hesiod (RFC 1035). */
  HS: 4,
  /** None, in updates (RFC 2136). */
  NONE: 254,
  /** Any class (RFC 1035). */
  ANY: 255,
} as const;

/** Kinds of query. */
export const Opcode = {
  /** Standard query (RFC 1035). */
  QUERY: 0,
  /** Inverse query, obsolete (RFC 3425). */
  IQUERY: 1,
  /** Status of a server (RFC 1035). */
  STATUS: 2,
  /** A zone has changed (RFC 1996). */
  NOTIFY: 4,
  /** Dynamic update (RFC 2136). */
  UPDATE: 5,
  /** Stateful operations (RFC 8490). */
  DSO: 6,
} as const;

/** Response codes; those above 15 need an OPT record (RFC 6891 section 6.1.3). */
export const Rcode = {
  /** No error (RFC 1035). */
  NOERROR: 0,
  /** The query could not be read (RFC 1035). */
  FORMERR: 1,
  /** The server failed (RFC 1035). */
  SERVFAIL: 2,
  /** The name does not exist (RFC 1035). */
  NXDOMAIN: 3,
  /** Not implemented (RFC 1035). */
  NOTIMP: 4,
  /** Refused (RFC 1035). */
  REFUSED: 5,
  /** A name exists that should not (RFC 2136). */
  YXDOMAIN: 6,
  /** A record set exists that should not (RFC 2136). */
  YXRRSET: 7,
  /** A record set is missing (RFC 2136). */
  NXRRSET: 8,
  /** Not authoritative, or not authorized (RFC 2136, 8945). */
  NOTAUTH: 9,
  /** A name is outside the zone (RFC 2136). */
  NOTZONE: 10,
  /** Unknown stateful operation (RFC 8490). */
  DSOTYPENI: 11,
  /** Version of the extension not known, or a bad signature (RFC 6891, 8945). */
  BADVERS: 16,
  /** Key not recognized (RFC 8945). */
  BADKEY: 17,
  /** Signature out of time (RFC 8945). */
  BADTIME: 18,
  /** Cookie bad or missing (RFC 7873). */
  BADCOOKIE: 23,
} as const;

/** Options of an OPT record. */
export const OptionCode = {
  /** Name server identifier (RFC 5001). */
  NSID: 3,
  /** Subnet of the client (RFC 7871). */
  CLIENT_SUBNET: 8,
  /** Zone expiry (RFC 7314). */
  EXPIRE: 9,
  /** Cookie (RFC 7873). */
  COOKIE: 10,
  /** Keepalive of TCP (RFC 7828). */
  TCP_KEEPALIVE: 11,
  /** Padding (RFC 7830). */
  PADDING: 12,
  /** Extended error (RFC 8914). */
  EXTENDED_ERROR: 15,
} as const;

/** Parameters of SVCB and HTTPS records (RFC 9460 section 14.3.2). */
export const SvcKey = {
  /** Keys that must be understood. */
  MANDATORY: 0,
  /** Application protocols: character strings. */
  ALPN: 1,
  /** The default protocol is not spoken; no value. */
  NO_DEFAULT_ALPN: 2,
  /** Port, 16 bits. */
  PORT: 3,
  /** IPv4 addresses. */
  IPV4HINT: 4,
  /** Configuration of encrypted client hello (RFC 9848). */
  ECH: 5,
  /** IPv6 addresses. */
  IPV6HINT: 6,
  /** Path of DNS over HTTPS (RFC 9461). */
  DOHPATH: 7,
} as const;

function inverted(
  values: Readonly<Record<string, number>>,
): ReadonlyMap<number, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name]));
}

const TYPES = inverted(Type);
const CLASSES = inverted(Class);
const OPCODES = inverted(Opcode);
const RCODES = inverted(Rcode);
const SVC_KEYS = inverted(SvcKey);

/** The mnemonic of a type, or `TYPE65280` (RFC 3597 section 5). */
export function nameOfType(type: number): string {
  return TYPES.get(type) ?? `TYPE${type}`;
}

/** The mnemonic of a class, or `CLASS32` (RFC 3597 section 5). */
export function nameOfClass(number: number): string {
  return CLASSES.get(number) ?? `CLASS${number}`;
}

/** The mnemonic of a kind of query, or `OPCODE3`. */
export function nameOfOpcode(opcode: number): string {
  return OPCODES.get(opcode) ?? `OPCODE${opcode}`;
}

/** The mnemonic of a response code, or `RCODE24`. */
export function nameOfRcode(rcode: number): string {
  return RCODES.get(rcode) ?? `RCODE${rcode}`;
}

/** The name of a service parameter, or `key65280` (RFC 9460 section 2.1). */
export function nameOfSvcKey(key: number): string {
  return SVC_KEYS.get(key)?.toLowerCase().replaceAll("_", "-") ?? `key${key}`;
}
