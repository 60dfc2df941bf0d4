// Prints the frames of a capture file.

import type { Frame } from "@ethox/wire/capture";
import { SYNTAX } from "@ethox/wire/filter";
import * as pretty from "@ethox/wire/pretty";
import { Writer } from "@ethox/wire/text";
import { main, UsageError } from "./lib/args.ts";
import {
  AnyFilter,
  BlockOutput,
  CaptureOutput,
  openCapture,
} from "./lib/capture_file.ts";
import { FrameJson } from "./lib/frame_json.ts";
import { complain } from "./lib/terminal.ts";

const DAY = 86400;
const COLON = 0x3a;
const LINE_FEED = 0x0a;
const MOST = 1e15;

/** Lines, or trees, as pretty prints them, behind the time of day (UTC). */
class Lines {
  readonly #out: Writer;
  readonly #verbose: boolean;
  readonly #printer: pretty.Printer;

  constructor(out: Writer, verbose: boolean) {
    this.#out = out;
    this.#verbose = verbose;
    this.#printer = new pretty.Printer({ out });
  }

  frame(frame: Frame): void {
    const out = this.#out;
    const printer = this.#printer;
    const second = frame.seconds - Math.floor(frame.seconds / DAY) * DAY;
    out.padded(Math.floor(second / 3600), 2);
    out.byte(COLON);
    out.padded(Math.floor(second / 60) % 60, 2);
    out.byte(COLON);
    out.padded(second % 60, 2);
    out.byte(0x2e);
    out.padded(Math.floor(frame.nanoseconds / 1000), 6);
    const { linkType, view, start, end, wireLength } = frame;
    printer.linkType = linkType;
    if (this.#verbose) {
      out.byte(LINE_FEED);
      out.text(printer.tree(view, start, end).replace(/^/gm, "  "));
    } else {
      out.byte(0x20);
      printer.append(view, start, end, wireLength);
    }
    out.byte(LINE_FEED);
  }
}

await main({
  name: "dissect.ts",
  does: "Prints the frames of a capture file, or writes those that match.",
  positional: [
    ["<file>", "pcap or pcapng; - reads standard input"],
    ["[filter]", 'which frames, such as "tcp port 80"; all by default'],
  ],
  options: [
    ["--json", "one JSON object for each frame"],
    ["-v, --verbose", "a tree for each frame instead of a line"],
    ["-c, --count N", "stop after N frames that match"],
    ["-w, --write OUT", "write frames into a file, pcapng if it ends so"],
  ],
  permissions: "--allow-read --allow-write",
  example: 'capture.pcap "udp port 53" --json',
  more: SYNTAX,
}, async (args) => {
  const json = args.flag("json");
  const verbose = args.flag("verbose");
  if (json && verbose) {
    throw new UsageError("Options --json and --verbose exclude each other");
  }
  const count = args.number("count", 0, MOST, MOST);
  const wanted = args.text("[filter]");
  const chosen = wanted === "" ? undefined : new AnyFilter(wanted);
  const path = args.option("write");
  const stream = await openCapture(args.text("<file>"));
  using written = path === undefined ? undefined : new CaptureOutput(path);

  const out = new Writer(1 << 17);
  const output = new BlockOutput(out);
  const objects = json ? new FrameJson(out) : undefined;
  const printed = json || (path !== undefined && !verbose)
    ? undefined
    : new Lines(out, verbose);
  let number = 0;
  let matched = 0;
  reading: for await (const batch of stream.batches()) {
    while (matched < count && batch.next()) {
      number++;
      if (chosen !== undefined && !chosen.matches(batch)) continue;
      matched++;
      written?.write(batch);
      printed?.frame(batch);
      objects?.frame(
        number,
        batch.seconds,
        batch.nanoseconds,
        batch.wireLength,
        batch.view,
        batch.start,
        batch.end,
        batch.linkType,
      );
      output.flush();
      if (output.closed) break reading;
    }
    if (matched >= count) break;
  }
  output.flush(true);
  if (stream.reason === undefined || matched >= count) return 0;
  complain(`dissect.ts: ${args.text("<file>")}: ${stream.detail}`);
  return 1;
});
