/**
 * What a run of the laboratory shows: one page that needs nothing else.
 *
 * @module
 */

import type { Chart, Point, Series } from "./charts.ts";
import { draw } from "./charts.ts";
import type { Kind } from "./events.ts";
import type { Journal } from "./journal.ts";
import type { FlowRecord, Run } from "./run.ts";

const SECOND = 1e6;
const MEBI = 1 << 20;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");
}

/** A series of one column of samples. */
function sampled(
  flow: FlowRecord,
  column: (i: number) => number,
): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < flow.samples.time.length; i++) {
    const value = column(i);
    if (value >= 0) points.push([flow.samples.time[i]! / SECOND, value]);
  }
  return points;
}

/** Rates over stretches of time, Mbit/s. */
function rates(flow: FlowRecord, stretch: number): Point[] {
  const { time, received } = flow.samples;
  const points: Point[] = [];
  let from = 0;
  for (let i = 1; i < time.length; i++) {
    const passed = time[i]! - time[from]!;
    if (passed < stretch) continue;
    const octets = received[i]! - received[from]!;
    points.push([time[i]! / SECOND, octets * 8 / passed]);
    from = i;
  }
  return points;
}

/** Sequence numbers of events of one kind, MiB; they wrap at 4096. */
function positions(journal: Journal | undefined, kind: Kind): Point[] {
  const points: Point[] = [];
  for (const event of journal?.events() ?? []) {
    if (event.kind !== kind) continue;
    points.push([event.time / SECOND, event.a / MEBI]);
  }
  return points;
}

/** The five charts of a run. */
export function chartsOf(run: Run): Chart[] {
  const { flows } = run;
  const end = run.scenario.duration;
  const several = flows.length > 1;
  const each = (
    make: (flow: FlowRecord, color: number) => readonly Series[],
  ) => flows.flatMap((flow, i) => make(flow, i));
  const label = (flow: FlowRecord, what: string) =>
    several ? `${flow.name} ${what}` : what;
  return [
    {
      title: "Congestion window",
      unit: "octets",
      end,
      series: each((flow, color) => [
        {
          name: label(flow, "cwnd"),
          color,
          points: sampled(flow, (i) => flow.samples.cwnd[i]!),
        },
        ...(several ? [] : [{
          name: "ssthresh",
          color: 1,
          dashed: true,
          // It has no meaning before the first loss.
          points: sampled(
            flow,
            (i) =>
              flow.samples.ssthresh[i]! < 0x3fffffff
                ? flow.samples.ssthresh[i]!
                : -1,
          ),
        }, {
          name: "in flight",
          color: 2,
          dashed: true,
          points: sampled(flow, (i) => flow.samples.flight[i]!),
        }]),
      ]),
    },
    {
      title: "Smoothed round-trip time",
      unit: "ms",
      end,
      series: each((flow, color) => [{
        name: label(flow, "srtt"),
        color,
        points: sampled(flow, (i) => flow.samples.srtt[i]! / 1000),
      }]),
    },
    {
      title: "Throughput: octets in order at the receiver",
      unit: "Mbit/s",
      end,
      series: each((flow, color) => [{
        name: label(flow, "rate"),
        color,
        points: rates(flow, Math.max(20_000, end * SECOND / 300)),
      }]),
    },
    {
      title: "Segments sent again, and octets that count as lost",
      unit: "segments",
      end,
      series: each((flow, color) => [{
        name: label(flow, "sent again"),
        color: 2 * color,
        steps: true,
        points: sampled(flow, (i) => flow.samples.retransmissions[i]!),
      }, {
        name: label(flow, "lost"),
        color: 2 * color + 1,
        steps: true,
        dashed: true,
        points: sampled(flow, (i) => flow.samples.losses[i]!),
      }]),
    },
    {
      title: "Sequence numbers",
      unit: "MiB",
      end,
      series: each((flow, color) => [
        {
          name: label(flow, "sent"),
          color: several ? color : 0,
          points: positions(run.journals[color], "sent"),
        },
        ...(several ? [] : [{
          name: "acknowledged",
          color: 2,
          points: positions(run.journals[color], "received"),
        }]),
        {
          name: label(flow, "sent again"),
          color: several ? color : 1,
          marks: true,
          points: positions(run.journals[color], "retransmitted"),
        },
      ]),
    },
  ];
}

function row(cells: readonly (string | number)[], tag: string): string {
  return `<tr>${
    cells.map((cell) => `<${tag}>${escape(`${cell}`)}</${tag}>`).join("")
  }</tr>`;
}

function summary(run: Run): string {
  const rows = run.flows.map((flow) =>
    row([
      flow.name,
      flow.control,
      flow.received,
      (flow.rate / 1e6).toFixed(2),
      flow.retransmissions,
      flow.timeouts,
      flow.finished === null ? "" : (flow.finished / SECOND).toFixed(4),
    ], "td")
  );
  const head = row([
    "flow",
    "control",
    "octets received",
    "Mbit/s",
    "sent again",
    "time-outs",
    "finished, s",
  ], "th");
  return `<table>${head}${rows.join("")}</table>`;
}

/** The page of a run: HTML with all charts inside. */
export function page(run: Run): string {
  const { scenario, seed, link } = run;
  const counts = Object.entries(link).filter(([, n]) => n !== 0)
    .map(([name, n]) => `${name} ${n}`).join(", ");
  const charts = chartsOf(run).map(draw);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escape(scenario.title)}</title>
<style>
body { font: 14px sans-serif; margin: 1em auto; max-width: 1000px }
table { border-collapse: collapse }
td, th { border: 1px solid #ccc; padding: 2px 8px; text-align: right }
svg { width: 100%; height: auto }
pre { background: #f4f4f4; padding: 8px; overflow: auto }
</style>
<h1>${escape(scenario.title)}</h1>
<p>${scenario.duration} s of virtual time, seed ${seed}. The narrow link: ${
    escape(counts)
  }.</p>
${summary(run)}
${charts.join("\n")}
<h2>Scenario</h2>
<pre>${escape(JSON.stringify(scenario, undefined, 2))}</pre>
</html>
`;
}
