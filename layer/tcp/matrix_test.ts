import { assert, assertEquals } from "@std/assert";
import {
  connected,
  type Pair,
  Peer,
  Rig,
  type User,
  WAYS,
} from "./_host_test_util.ts";
import { testVectors } from "./_vectors_test_util.ts";

/** A row of the vectors: a segment, where it lies, and what it does. */
interface Row {
  readonly state: string;
  readonly event: string;
  readonly position?: string;
  readonly "position_of"?: "seq" | "ack";
  readonly mode?: string;
  readonly via?: string;
  readonly data?: boolean;
  readonly outcome: string;
}

const FLAGS: Record<string, string> = {
  ack: ".",
  fin: "F",
  "fin-ack": "F.",
  rst: "R",
  "rst-ack": "R.",
  syn: "S",
  "syn-ack": "S.",
  "syn-fin": "SF",
};

/** The window that a listener announces. */
const WINDOW = 4096;

interface Scene {
  readonly rig: Rig;
  readonly peer: Peer;
  readonly user?: User;
}

function asked(): Scene {
  const rig = new Rig();
  const user = rig.connect(2);
  const [syn] = rig.turn();
  const peer = new Peer(rig);
  peer.port = syn!.segment.destinationPort;
  peer.hostPort = syn!.segment.sourcePort;
  peer.note(syn!);
  return { rig, peer, user };
}

/** A host in a state, and its peer; `peer.next` is RCV.NXT. */
function scene({ state, via }: Row): Scene {
  switch (state) {
    case "closed": {
      const rig = new Rig();
      return { rig, peer: new Peer(rig) };
    }
    case "listen": {
      const rig = new Rig();
      rig.serve();
      return { rig, peer: new Peer(rig) };
    }
    case "syn-sent":
      return asked();
    case "syn-rcvd": {
      if (via === "syn-sent") {
        const all = asked();
        all.peer.say("S");
        return all;
      }
      const rig = new Rig();
      rig.serve();
      const peer = new Peer(rig);
      peer.say("S");
      return { rig, peer };
    }
    case "time-wait": {
      const all: Pair = connected();
      // No listener, so that a request is judged by the connection alone.
      all.rig.tcp.unlisten(
        (all as ReturnType<typeof connected>).service.listener,
      );
      all.user.c.shutdown();
      all.peer.hear();
      all.peer.say("F.");
      assertEquals(all.rig.tcp.timeWaiting, 1);
      return { rig: all.rig, peer: all.peer };
    }
    default:
      return WAYS[state.toUpperCase()]!();
  }
}

/** Where a row's number lies, from the edge on the left. */
function offset(position: string | undefined, window: number): number {
  switch (position) {
    case "outside-left":
      return -1;
    case "middle":
      return window >> 1;
    case "right-edge":
      return window - 1;
    case "outside-right":
      return window;
    default:
      return 0;
  }
}

/**
 * What we do otherwise than FreeBSD, and why; `undefined` where we do the same,
 * `"skip"` where the row is of a mode that we do not have.
 */
function otherwise(row: Row): string | undefined {
  const { state, event, mode } = row;
  if (mode === "rfc793") return "skip";
  // We drop SYN,FIN as a request; to a request of ours it is an answer.
  if (state === "listen" && mode === "accept-syn-fin") return "skip";
  if (state === "syn-sent" && mode === "drop-syn-fin") return "skip";
  // RFC 9293 section 3.10.7.2, second: an ACK to LISTEN is reset, whatever else.
  if (state === "listen" && event === "syn-ack") return "send-rst";
  // RFC 9293 section 3.10.7.4, fourth: SYN in TIME-WAIT gets a challenge ACK.
  if (state === "time-wait") {
    if (event === "syn" || event === "syn-ack" || event === "syn-fin") {
      return "send-ack";
    }
  }
  return undefined;
}

function run(row: Row): void {
  const outcome = otherwise(row) ?? row.outcome;
  if (outcome === "skip") return;
  const name = JSON.stringify(row);
  const { rig, peer, user } = scene(row);
  const before = user?.c.stateName;
  const half = rig.tcp.halfOpen;
  // A FIN has taken one number of the window.
  const window = user === undefined ? WINDOW : user.c.rcvAdv - user.c.rcvNxt;
  const seq = peer.next +
    (row["position_of"] === "seq" ? offset(row.position, window) : 0);
  // In SYN-SENT one number is acceptable, SND.NXT.
  const ack = peer.heard +
    (row["position_of"] === "ack" ? offset(row.position, 1) : 0);
  const said = peer.say(FLAGS[row.event]!, {
    seq,
    ack,
    ...(row.data === true ? { data: "x" } : {}),
  });
  const only = (start: string) => {
    assertEquals(said.length, 1, `${name}: ${said}`);
    assert(said[0]!.startsWith(`${start} `), `${name}: ${said}`);
  };
  switch (outcome) {
    case "ignored":
    case "no-reply":
      assertEquals(said, [], name);
      break;
    case "send-ack":
    case "challenge-ack":
    case "send-ack-enter-established":
      only(".");
      break;
    case "send-rst":
    case "send-rst-keep-state":
      only("R");
      break;
    case "send-rst-ack":
      only("R.");
      break;
    case "send-syn-ack":
    case "send-syn-ack-enter-syn-rcvd":
      only("S.");
      break;
    case "connection-aborted":
      assertEquals(said, [], name);
      assertEquals(rig.tcp.halfOpen, 0, name);
      if (user !== undefined) {
        assert(user.reason === "reset" || user.reason === "refused", name);
      }
      return;
    default:
      throw new Error(`unknown outcome: ${name}`);
  }
  switch (outcome) {
    case "send-ack-enter-established":
      assertEquals(user!.c.stateName, "ESTABLISHED", name);
      break;
    case "send-syn-ack-enter-syn-rcvd":
      assertEquals(user!.c.stateName, "SYN-RECEIVED", name);
      break;
    case "send-syn-ack":
      assertEquals(rig.tcp.halfOpen, 1, name);
      break;
    default:
      assertEquals(user?.c.stateName, before, name);
      assertEquals(user?.reason, undefined, name);
      assertEquals(rig.tcp.halfOpen, half, name);
  }
}

testVectors<{ readonly rows: readonly Row[] }>(
  "Endpoint does what FreeBSD's state and event matrix says (RFC 9293 3.10.7, A49 to A53, A61)",
  "tcp_state_event_matrix.json",
  ({ rows }) => {
    assert(rows.length > 200);
    for (const row of rows) run(row);
  },
);
