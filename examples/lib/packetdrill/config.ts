/**
 * Options of a run, from the command line and from the headers of a script.
 *
 * @module
 */

/** Which Internet Protocol the script speaks of. */
export type IpVersion = "ipv4" | "ipv6" | "ipv4-mapped-ipv6";

/** All that decides on a run but the script. */
export interface Config {
  ipVersion: IpVersion;
  /** Largest datagram, octets, as the script's protocol counts. */
  mtu: number;
  /** How far a time may be off, µs. */
  tolerance: number;
  /** The same in percent of the time since the event before. */
  tolerancePercent: number;
  bindPort: number;
  connectPort: number;
  localIp: string;
  remoteIp: string;
  gatewayIp: string;
  netmaskIp: string;
  /** One tick of the timestamps that are expected, µs; 0 compares none. */
  timestampTick: number;
  /** Kinds of events whose failure ends nothing: `packet`, `syscall`. */
  nonFatal: ReadonlySet<string>;
  /** Compares options in their order, with all padding. */
  strictOptions: boolean;
  /** `linux`, `freebsd`, or to be guessed. */
  profile: "linux" | "freebsd" | "auto";
  /** What was not understood, for a note. */
  readonly ignored: string[];
}

/** As packetdrill itself has them. */
export function defaults(): Config {
  return {
    ipVersion: "ipv4",
    mtu: 1500,
    tolerance: 4000,
    tolerancePercent: 1,
    bindPort: 8080,
    connectPort: 8080,
    localIp: "",
    remoteIp: "",
    gatewayIp: "",
    netmaskIp: "",
    timestampTick: 0,
    nonFatal: new Set(),
    strictOptions: false,
    profile: "auto",
    ignored: [],
  };
}

/** What an option does, for `--help`. */
export const OPTIONS: readonly (readonly [name: string, text: string])[] = [
  ["ip_version", "ipv4, ipv6 or ipv4-mapped-ipv6 [ipv4]"],
  ["mtu", "largest datagram, octets [1500]"],
  ["tolerance_usecs", "how far a time may be off, µs [4000]"],
  ["tolerance_percent", "the same in percent of the time waited [1]"],
  ["local_ip, remote_ip", "addresses that getsockname and getpeername show"],
  ["gateway_ip, netmask_ip", "taken and of no effect, as are speed and others"],
  ["bind_port, connect_port", "ports behind `...` in bind and connect [8080]"],
  ["tcp_ts_tick_usecs", "compares timestamps in ticks of so many µs [0: not]"],
  ["non_fatal", "packet, syscall: go on after such a failure"],
  ["define", "(-D) NAME=value: puts a value in for a word"],
  ["profile", "linux or freebsd: the defaults of settings [by the script]"],
  ["strict_options", "compares TCP options in order, with their padding"],
];

/** What the options do, as text. */
export function optionsText(): string {
  return OPTIONS.map(([name, text]) => `--${name.padEnd(24)} ${text}`)
    .join("\n");
}

/** Takes an option; false if there is none of that name. */
export function configure(
  config: Config,
  name: string,
  value: string,
): boolean {
  const count = (least: number) => {
    const n = Number(value);
    if (!Number.isFinite(n) || n < least || value === "") {
      throw new RangeError(`Cannot use --${name}=${value}: need a number`);
    }
    return n;
  };
  switch (name) {
    case "ip_version":
      if (!/^(ipv4|ipv6|ipv4-mapped-ipv6)$/.test(value)) {
        throw new RangeError(`Cannot use --ip_version=${value}`);
      }
      config.ipVersion = value as IpVersion;
      return true;
    case "mtu":
      config.mtu = count(88);
      return true;
    case "tolerance_usecs":
      config.tolerance = count(0);
      return true;
    case "tolerance_percent":
      config.tolerancePercent = count(0);
      return true;
    case "bind_port":
      config.bindPort = count(1);
      return true;
    case "connect_port":
      config.connectPort = count(1);
      return true;
    case "tcp_ts_tick_usecs":
      config.timestampTick = count(0);
      return true;
    case "local_ip":
      config.localIp = value;
      return true;
    case "remote_ip":
      config.remoteIp = value;
      return true;
    case "gateway_ip":
      config.gatewayIp = value;
      return true;
    case "netmask_ip":
      config.netmaskIp = value;
      return true;
    case "non_fatal":
      config.nonFatal = new Set(value.split(",").map((kind) => kind.trim()));
      return true;
    case "profile":
      if (!/^(linux|freebsd|auto)$/.test(value)) {
        throw new RangeError(`Cannot use --profile=${value}`);
      }
      config.profile = value as Config["profile"];
      return true;
    case "strict_options":
      config.strictOptions = value !== "0";
      return true;
    case "define":
    case "D":
      return true;
  }
  // Options of the program that have no meaning without a kernel.
  if (
    /^(speed|wire_.*|so_filename|so_flags|verbose|dry_run|persistent_tun_dev|init_scripts|send_omit_free|code_command|code_format|code_sockopt|udp_encaps|live_.*|prefix|foreign_.*|is_anyip|tun_.*|debug|mss)$/
      .test(name)
  ) {
    config.ignored.push(`--${name}`);
    return true;
  }
  return false;
}
