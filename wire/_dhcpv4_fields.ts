// Which field of a record holds which option of DHCP for IPv4.

import { OptionCode } from "./dhcpv4_options.ts";

type NumberName =
  | "messageType"
  | "subnetMask"
  | "interfaceMtu"
  | "broadcastAddress"
  | "requestedAddress"
  | "leaseTime"
  | "serverIdentifier"
  | "maximumMessageSize"
  | "renewalTime"
  | "rebindingTime"
  | "ipv6OnlyWait"
  | "autoConfigure";

type AddressesName =
  | "routers"
  | "domainNameServers"
  | "ntpServers"
  | "tftpServers";

type OctetsName =
  | "hostName"
  | "domainName"
  | "vendorSpecific"
  | "parameterRequestList"
  | "message"
  | "vendorClass"
  | "clientIdentifier"
  | "tftpServerName"
  | "bootfileName"
  | "userClass"
  | "captivePortal"
  | "relayAgentInformation";

/** How an option and its field are read and written. */
export type Field =
  & { readonly code: number }
  & (
    | {
      readonly kind: "number";
      readonly name: NumberName;
      readonly octets: number;
      /** The value that stands for absence. */
      readonly absent: number;
    }
    | { readonly kind: "addresses"; readonly name: AddressesName }
    | { readonly kind: "octets"; readonly name: OctetsName }
    | { readonly kind: "flag" | "fqdn" | "names" | "routes" }
  );

function number(
  code: number,
  name: NumberName,
  octets: number,
  absent: number = 0,
): Field {
  return { code, kind: "number", name, octets, absent };
}

function addresses(code: number, name: AddressesName): Field {
  return { code, kind: "addresses", name };
}

function octets(code: number, name: OctetsName): Field {
  return { code, kind: "octets", name };
}

/** The options that are modelled, in the order in which they are written. */
export const ORDER: readonly Field[] = [
  number(OptionCode.MESSAGE_TYPE, "messageType", 1),
  number(OptionCode.SUBNET_MASK, "subnetMask", 4),
  addresses(OptionCode.ROUTERS, "routers"),
  addresses(OptionCode.DOMAIN_NAME_SERVERS, "domainNameServers"),
  octets(OptionCode.HOST_NAME, "hostName"),
  octets(OptionCode.DOMAIN_NAME, "domainName"),
  number(OptionCode.INTERFACE_MTU, "interfaceMtu", 2),
  number(OptionCode.BROADCAST_ADDRESS, "broadcastAddress", 4),
  addresses(OptionCode.NTP_SERVERS, "ntpServers"),
  octets(OptionCode.VENDOR_SPECIFIC, "vendorSpecific"),
  number(OptionCode.REQUESTED_ADDRESS, "requestedAddress", 4),
  number(OptionCode.LEASE_TIME, "leaseTime", 4, -1),
  number(OptionCode.SERVER_IDENTIFIER, "serverIdentifier", 4),
  octets(OptionCode.PARAMETER_REQUEST_LIST, "parameterRequestList"),
  octets(OptionCode.MESSAGE, "message"),
  number(OptionCode.MAXIMUM_MESSAGE_SIZE, "maximumMessageSize", 2),
  number(OptionCode.RENEWAL_TIME, "renewalTime", 4, -1),
  number(OptionCode.REBINDING_TIME, "rebindingTime", 4, -1),
  octets(OptionCode.VENDOR_CLASS, "vendorClass"),
  octets(OptionCode.CLIENT_IDENTIFIER, "clientIdentifier"),
  octets(OptionCode.TFTP_SERVER_NAME, "tftpServerName"),
  octets(OptionCode.BOOTFILE_NAME, "bootfileName"),
  octets(OptionCode.USER_CLASS, "userClass"),
  { code: OptionCode.RAPID_COMMIT, kind: "flag" },
  { code: OptionCode.CLIENT_FQDN, kind: "fqdn" },
  number(OptionCode.IPV6_ONLY_PREFERRED, "ipv6OnlyWait", 4, -1),
  octets(OptionCode.CAPTIVE_PORTAL, "captivePortal"),
  number(OptionCode.AUTO_CONFIGURE, "autoConfigure", 1, -1),
  { code: OptionCode.DOMAIN_SEARCH, kind: "names" },
  { code: OptionCode.CLASSLESS_ROUTES, kind: "routes" },
  addresses(OptionCode.TFTP_SERVERS, "tftpServers"),
];
/** Written behind all others (RFC 3046 section 2.1). */
export const RELAY: Field = octets(
  OptionCode.RELAY_AGENT_INFORMATION,
  "relayAgentInformation",
);

export const BY_CODE: readonly (Field | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => [...ORDER, RELAY].find((field) => field.code === code),
);

/** Addresses and seconds are told apart by what stands for absence. */
export function readNumber(
  view: DataView,
  at: number,
  octets: number,
  absent: number,
): number {
  if (octets === 1) return view.getUint8(at);
  if (octets === 2) return view.getUint16(at);
  return absent === 0 ? view.getInt32(at) : view.getUint32(at);
}
