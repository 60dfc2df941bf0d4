/**
 * Charts as SVG, drawn by Apache ECharts without a browser.
 *
 * @module
 */

// The build in one file asks for no environment variables.
// @ts-types="echarts"
import * as echarts from "echarts/dist/echarts.esm.min.mjs";

const WIDTH = 1000;
const HEIGHT = 300;
/** Points of a series at most: more than these no eye tells apart. */
const POINTS = 1500;

/** A pair of numbers: time in s, and a value. */
export type Point = readonly [x: number, y: number];

/** One line, or marks, of a chart. */
export interface Series {
  /** Name in the legend. */
  readonly name: string;
  /** Its points by time. */
  readonly points: readonly Point[];
  /** Steps from point to point instead of slopes. */
  readonly steps?: boolean;
  /** Marks instead of a line. */
  readonly marks?: boolean;
  /** A thinner line of dashes. */
  readonly dashed?: boolean;
  /** Number of the colour; that of its place by default. */
  readonly color?: number;
}

/** A chart over time. */
export interface Chart {
  /** What it shows. */
  readonly title: string;
  /** Unit of its values. */
  readonly unit: string;
  /** Its series. */
  readonly series: readonly Series[];
  /** Where time ends, s. */
  readonly end: number;
}

const COLORS = [
  "#3366cc",
  "#dc3912",
  "#109618",
  "#ff9900",
  "#990099",
  "#0099c6",
  "#dd4477",
  "#66aa00",
];

/**
 * Fewer points of the same look: the least and the greatest of each stretch of
 * time, in their order.
 */
export function thin(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const kept: Point[] = [];
  const stretches = Math.floor(most / 2);
  for (let i = 0; i < stretches; i++) {
    const from = Math.floor(i * points.length / stretches);
    const to = Math.floor((i + 1) * points.length / stretches);
    let least = from;
    let greatest = from;
    for (let k = from + 1; k < to; k++) {
      if (points[k]![1] < points[least]![1]) least = k;
      if (points[k]![1] > points[greatest]![1]) greatest = k;
    }
    const [first, second] = least < greatest
      ? [least, greatest]
      : [greatest, least];
    kept.push(points[first]!);
    if (second !== first) kept.push(points[second]!);
  }
  return kept;
}

function option(chart: Chart): echarts.EChartsOption {
  const { title, unit, series, end } = chart;
  return {
    animation: false,
    color: COLORS,
    title: { text: title, textStyle: { fontSize: 14 }, left: 8 },
    legend: { right: 8, top: 4, type: "plain" },
    grid: { left: 80, right: 24, top: 48, bottom: 40 },
    xAxis: {
      type: "value",
      name: "s",
      min: 0,
      max: end,
      nameLocation: "end",
    },
    yAxis: { type: "value", name: unit, min: 0 },
    series: series.map((one, i) => {
      const color = COLORS[(one.color ?? i) % COLORS.length]!;
      const data = thin(one.points, POINTS).map(([x, y]) => [x, y]);
      const { name } = one;
      return one.marks
        ? { type: "scatter", name, data, symbolSize: 3, itemStyle: { color } }
        : {
          type: "line",
          name,
          data,
          showSymbol: false,
          itemStyle: { color },
          lineStyle: {
            color,
            width: one.dashed ? 1 : 1.5,
            type: one.dashed ? "dashed" : "solid",
          },
          ...(one.steps ? { step: "end" as const } : {}),
        };
    }),
  };
}

/** A chart as SVG; `number` tells its names from those of others on a page. */
export function draw(chart: Chart, number: number): string {
  const made = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height: HEIGHT,
  });
  made.setOption(option(chart));
  const svg = made.renderToSVGString();
  made.dispose();
  // What serves the pointer counts up from chart to chart: the same run would
  // not give the same octets twice.
  return svg
    .replace(/<style\s*>[\s\S]*?<\/style>/g, "")
    .replace(/ (?:class|ecmeta_\w+)="[^"]*"/g, "")
    .replace(/zr\d+-/g, `chart${number}-`);
}
