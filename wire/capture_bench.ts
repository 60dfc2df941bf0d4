// Rates of reading. A frame of 60 octets is the worst case; one of 1514 is what
// bulk traffic is made of.

import { Reader, Stream } from "./capture.ts";
import * as pcap from "./pcap.ts";
import * as pcapng from "./pcapng.ts";
import { Pieces } from "./_capture_test_util.ts";

const SIZE = 64 * 1024 * 1024;
const CHUNK = 64 * 1024;

type Write = (time: number, view: DataView, end: number) => void;

function make(format: "pcap" | "pcapng", octets: number): Uint8Array {
  const pieces = new Pieces();
  const frame = new DataView(new ArrayBuffer(octets));
  let write: Write;
  let flush: () => void;
  if (format === "pcap") {
    const writer = new pcap.Writer(pieces.take);
    write = (time, view, end) => writer.write(time, view, 0, end);
    flush = () => writer.flush();
  } else {
    const writer = new pcapng.Writer(pieces.take);
    const nic = writer.addInterface();
    write = (time, view, end) => writer.write(nic, time, view, 0, end);
    flush = () => writer.flush();
  }
  const count = Math.floor(SIZE / (octets + 16));
  for (let i = 0; i < count; i++) write(1.7e15 + i, frame, octets);
  flush();
  return pieces.bytes;
}

/** The file in chunks as a file or a pipe gives them. */
function streamed(file: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= file.length) return controller.close();
      controller.enqueue(file.subarray(at, at += CHUNK));
    },
  });
}

let total = 0;

for (const format of ["pcap", "pcapng"] as const) {
  for (const octets of [60, 1514]) {
    const file = make(format, octets);
    const group = `${format}, ${file.length >> 20} MiB of ${octets} octets`;
    Deno.bench(`Reader ${group}`, { group, baseline: true }, () => {
      const reader = new Reader().open(file);
      while (reader.next()) total += reader.timestamp + reader.length;
    });
    Deno.bench(`Stream.batches() ${group}`, { group }, async () => {
      for await (const batch of new Stream(streamed(file)).batches()) {
        while (batch.next()) total += batch.timestamp + batch.length;
      }
    });
    Deno.bench(`Stream, frame by frame ${group}`, { group }, async () => {
      for await (const frame of new Stream(streamed(file))) {
        total += frame.timestamp + frame.length;
      }
    });
  }
}
