// What octets look like, where a port says too little.

import { application } from "./_applications.ts";

/** Octets of a header of HTTP that are looked through for its end. */
const MOST_HTTP = 8192;

const BGP = application("bgp");
const RPKI = application("rpkirtr");
const OPENFLOW = application("openflow");
const OPENFLOW_1 = application("openflow_v1");
const OPENFLOW_4 = application("openflow_v4");
const OPENFLOW_5 = application("openflow_v5");
const OPENFLOW_6 = application("openflow_v6");
const HTTP = application("http");
const SIP = application("sip");
const TLS = application("tls");
const TEXT = application("data-text-lines");
const JSON_TEXT = application("json");
const XML = application("xml");

/** A continuation of HTTP is guessed to be one from this length on. */
const LEAST_HTTP = 12;

/** The first four octets of requests and responses of HTTP. */
const STARTS: ReadonlySet<number> = new Set(
  [
    "HTTP",
    "GET ",
    "POST",
    "HEAD",
    "PUT ",
    "DELE",
    "OPTI",
    "CONN",
    "TRAC",
    "PATC",
    "NOTI",
    "SUBS",
    "PROP",
    "M-SE",
  ].map((text) => word(text)),
);

function word(text: string): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value << 8 | text.charCodeAt(i);
  return value;
}

const SIP_NAME = word("SIP/");

/** Whether octets begin like a request or a response of HTTP. */
function isHttp(view: DataView, at: number, end: number): boolean {
  return end - at >= 4 && STARTS.has(view.getInt32(at));
}

/** Whether octets begin with a record of TLS (RFC 8446 section 5.1). */
function isTls(view: DataView, at: number, end: number): boolean {
  if (end - at < 5) return false;
  const type = view.getUint8(at);
  if (type < 20 || type > 24) return false;
  const version = view.getUint16(at + 1);
  return version >= 0x0300 && version <= 0x0304 &&
    view.getUint16(at + 3) <= 0x4800;
}

/** Whether the first line of octets names SIP (RFC 3261 section 7). */
function isSip(view: DataView, at: number, end: number): boolean {
  const last = Math.min(end, at + 256) - 3;
  for (let i = at; i < last; i++) {
    const four = view.getInt32(i);
    if (four === SIP_NAME) return true;
    if (four >>> 16 === 0x0d0a) return false;
  }
  return false;
}

/** The kind that the payload of TCP has, from the one of its port or -1. */
export function kindOfStream(
  view: DataView,
  at: number,
  end: number,
  port: number,
): number {
  switch (port) {
    case -1:
      if (isTls(view, at, end)) return TLS;
      return isHttp(view, at, end) ? HTTP : -1;
    case HTTP:
      return end - at >= LEAST_HTTP || isHttp(view, at, end) ? HTTP : -1;
    case SIP:
      return isSip(view, at, end) ? SIP : -1;
    case BGP:
      return end - at >= 19 && view.getInt32(at) === -1 ? BGP : -1;
    case OPENFLOW: {
      if (end - at < 8) return -1;
      const version = view.getUint8(at);
      if (version === 1) return OPENFLOW_1;
      if (version === 4) return OPENFLOW_4;
      if (version === 5) return OPENFLOW_5;
      return version === 6 ? OPENFLOW_6 : -1;
    }
    default:
      return port;
  }
}

/** The kind that the payload of UDP has, from the one of its port. */
export function kindOfDatagram(
  view: DataView,
  at: number,
  end: number,
  port: number,
): number {
  return port === SIP && !isSip(view, at, end) ? -1 : port;
}

/**
 * Octets of the first message at `at`, of a protocol whose messages may follow
 * one another in a segment; all of them for other protocols.
 */
export function messageLength(
  view: DataView,
  at: number,
  end: number,
  kind: number,
): number {
  const octets = end - at;
  let length = octets;
  switch (kind) {
    case BGP:
      if (octets >= 19) length = view.getUint16(at + 16);
      if (length < 19) length = octets;
      break;
    case RPKI:
      if (octets >= 8) length = view.getUint32(at + 4);
      if (length < 8) length = octets;
      break;
    case OPENFLOW_1:
    case OPENFLOW_4:
    case OPENFLOW_5:
    case OPENFLOW_6:
      if (octets >= 8) length = view.getUint16(at + 2);
      if (length < 8) length = octets;
      break;
  }
  return length < octets ? length : octets;
}

/** Whether a letter or sign in any case stands at `at`. */
function same(view: DataView, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const octet = view.getUint8(at + i);
    const lower = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
    if (lower !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** The header of an HTTP message: where it ends, and what is behind it. */
export class HttpHeader {
  /** Offset behind the empty line, 0 if there is none. */
  end = 0;
  /** Kind of the body, -1 if it is none that is told. */
  body: number = -1;

  /** Looks through the octets `at`..`end`, at most 8192. */
  read(view: DataView, at: number, end: number): void {
    this.end = 0;
    this.body = -1;
    if (!isHttp(view, at, end)) return;
    const last = Math.min(end, at + MOST_HTTP);
    let plain = true;
    let line = at;
    for (let i = at; i + 1 < last; i++) {
      if (view.getUint16(i) !== 0x0d0a) continue;
      if (i === line) {
        this.end = i + 2;
        if (!plain) this.body = -1;
        return;
      }
      if (i - line > 14 && same(view, line, "content-type: ")) {
        this.body = bodyOf(view, line + 14, i);
      } else if (
        (i - line > 18 && same(view, line, "transfer-encoding:")) ||
        (i - line > 17 && same(view, line, "content-encoding:"))
      ) plain = false;
      line = i + 2;
      i++;
    }
  }
}

function bodyOf(view: DataView, at: number, end: number): number {
  const octets = end - at;
  if (octets >= 8 && same(view, at, "text/xml")) return XML;
  if (octets >= 15 && same(view, at, "application/xml")) return XML;
  if (octets >= 16 && same(view, at, "application/json")) return JSON_TEXT;
  return octets >= 5 && same(view, at, "text/") ? TEXT : -1;
}
