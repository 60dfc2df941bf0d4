// What a receiver has to acknowledge for each order and overlap of segments, from
// the shared vectors: each scenario becomes a script and runs.

import { assert } from "@std/assert";
import { failureText, judge } from "./lib/packetdrill/program.ts";

const NAME = "tcp_sack_receiver.json";
const FILE = new URL(
  `../../shared/conformance/vectors/${NAME}`,
  import.meta.url,
);

interface Event {
  readonly receive?: readonly [from: number, to: number];
  readonly fin?: boolean;
  readonly ack?: number;
  readonly sack?: readonly (readonly number[])[];
}

interface Scenario {
  readonly name: string;
  readonly events: readonly Event[];
}

const BEGIN = `
\`sysctl -q ethox.tcp.quickAcks=0\`
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 65535 <mss 1460,sackOK,nop,nop>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;

/** A line of a script for an event. */
function line({ receive, fin, ack, sack }: Event): string {
  if (receive !== undefined) {
    const [from, to] = receive;
    const flags = fin ? "F." : ".";
    return `+.001 < ${flags} ${from}:${to}(${to - from}) ack 1 win 65535`;
  }
  const blocks = sack?.map((block) => block.join(":")).join(" ");
  const options = blocks === undefined ? "" : ` <nop,nop,sack ${blocks}>`;
  // At once, or when the delay is over.
  return `+0~+.06 > . 1:1(0) ack ${ack}${options}`;
}

let scenarios: readonly Scenario[] = [];
try {
  ({ scenarios } = JSON.parse(Deno.readTextFileSync(FILE)));
} catch (error) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

const title =
  "judge finds the ACKs, SACK and D-SACK of every order and overlap";
Deno.test({
  name: scenarios.length > 0
    ? `${title} (${NAME})`
    : `${title} (skipped: no ../shared/conformance)`,
  ignore: scenarios.length === 0,
  fn() {
    for (const { name, events } of scenarios) {
      const { failure } =
        judge(name, BEGIN + events.map(line).join("\n")).result;
      assert(failure === undefined, failure && failureText(name, failure));
    }
  },
});
