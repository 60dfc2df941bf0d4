// Answers ping, or pings.

import { Ping } from "@ethox/layer/icmp";
import { main, parseAddress, UsageError } from "./lib/args.ts";
import { HOST_ARGUMENTS, Station } from "./lib/program.ts";
import { milliseconds, summary } from "./lib/rtt.ts";
import { print } from "./lib/terminal.ts";

/** Octets of an ICMP echo header. */
const HEADER = 8;
/** µs that an answer may take. */
const TIMEOUT = 1_000_000;

await main({
  name: "ping_tap.ts",
  does: "Answers ping; with --ping, pings.",
  positional: HOST_ARGUMENTS,
  options: [
    ["--ping ADDR", "ping this address; code 1 if it never answers"],
    ["--count N", "how often (default: until Ctrl-C)"],
    ["--interval S", "seconds between two requests (default 1)"],
    ["--size N", "octets of data in each (default 56)"],
  ],
  device: true,
  example: "tap0 192.0.2.2/24 02:00:00:00:00:02 192.0.2.1/24",
}, async (args) => {
  const target = args.option("ping");
  const address = target === undefined ? undefined : parseAddress(target);
  if (address === undefined) {
    for (const option of ["count", "interval", "size"]) {
      if (args.option(option) !== undefined) {
        throw new UsageError(`Option --${option} needs --ping`);
      }
    }
  }
  const count = args.number("count", 1, 1e9, Infinity);
  const interval = args.decimal("interval", 0.0001, 3600, 1) * 1e6;
  using station = Station.open(args);
  const { host } = station;
  const size = args.number("size", 0, host.ip.mtu - 20 - HEADER, 56);
  if (address === undefined) {
    station.announce("Answering ping");
    await station.run();
    station.report();
    return 0;
  }

  station.announce(`Pinging ${address} with ${size} octets of data`);
  const ping = new Ping(host.icmp, {
    destination: address.value,
    identifier: crypto.getRandomValues(new Uint16Array(1))[0]!,
    count,
    interval,
    size,
    timeout: TIMEOUT,
    answered(sequence, rtt, ttl, octets) {
      print(
        `${octets} bytes from ${address}: icmp_seq=${sequence} ttl=${ttl} ` +
          `time=${milliseconds(rtt)}`,
      );
    },
  });
  host.add(host.icmp.send(ping), ping);
  const began = host.device.now();
  await station.run(() => ping.done);
  print(`\n--- ${address} ping statistics ---`);
  print(summary(ping, host.device.now() - began));
  return ping.received > 0 ? 0 : 1;
});
