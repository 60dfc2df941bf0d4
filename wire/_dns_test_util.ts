import fc from "fast-check";
import * as dns from "./dns.ts";

const text = new TextEncoder();

/** A name in wire form: some labels that recur, some of any octets. */
export const anyName: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      fc.constantFrom("com", "example", "www", "_tcp", "EXAMPLE").map((label) =>
        text.encode(label)
      ),
      fc.uint8Array({ minLength: 1, maxLength: 63 }),
    ),
    { maxLength: 6 },
  )
  .map((labels) =>
    Uint8Array.from([...labels.flatMap((l) => [l.length, ...l]), 0])
  )
  .filter((name) => name.length <= dns.MAX_NAME_LENGTH);

/** Any 16 bits. */
export const short: fc.Arbitrary<number> = fc.nat(65535);

/** Any unsigned 32 bits. */
export const long: fc.Arbitrary<number> = fc.nat(0xffff_ffff);

const opaque = fc.uint8Array({ maxLength: 40 });

function joined(...parts: fc.Arbitrary<Uint8Array>[]) {
  return fc.tuple(...parts).map((all) =>
    Uint8Array.from(all.flatMap((part) => [...part]))
  );
}

function octets(length: number) {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

const string = opaque.map((s) => Uint8Array.from([s.length, ...s]));

/** A type with data that have its form, no name compressed. */
const anyData: fc.Arbitrary<[number, Uint8Array]> = fc.oneof(
  fc.tuple(fc.constantFrom(1, 16, 28, 43, 48, 65280), opaque),
  fc.tuple(fc.constantFrom(2, 3, 4, 5, 7, 8, 9, 12, 39), anyName),
  fc.tuple(fc.constantFrom(14, 17), joined(anyName, anyName)),
  fc.tuple(fc.constantFrom(15, 18, 21, 36), joined(octets(2), anyName)),
  fc.tuple(fc.constant(6), joined(anyName, anyName, octets(20))),
  fc.tuple(fc.constant(26), joined(octets(2), anyName, anyName)),
  fc.tuple(fc.constant(33), joined(octets(6), anyName)),
  fc.tuple(
    fc.constant(35),
    joined(octets(4), string, string, string, anyName),
  ),
  fc.tuple(fc.constantFrom(24, 46), joined(octets(18), anyName, opaque)),
  fc.tuple(fc.constantFrom(30, 47), joined(anyName, opaque)),
  fc.tuple(fc.constantFrom(64, 65), joined(octets(2), anyName, opaque)),
);

/** A record of any type. */
export const anyRecord: fc.Arbitrary<dns.RecordRepr> = fc
  .tuple(anyName, anyData, short, long)
  .map(([name, [type, data], class_, ttl]) => {
    const record = new dns.RecordRepr(1024);
    record.name.set(name);
    record.type = type;
    record.class = class_;
    record.ttl = ttl;
    record.data.set(data);
    record.dataLength = data.length;
    return record;
  });

/** A message as records: flags, questions, and three sections. */
export interface Message {
  flags: number;
  questions: dns.QuestionRepr[];
  sections: dns.RecordRepr[][];
}

/** A message of any kind. */
export const anyMessage: fc.Arbitrary<Message> = fc.record({
  flags: short,
  questions: fc.array(
    fc.tuple(anyName, short, short).map(([name, type, class_]) => {
      const question = new dns.QuestionRepr();
      question.name.set(name);
      question.type = type;
      question.class = class_;
      return question;
    }),
    { maxLength: 3 },
  ),
  sections: fc.array(fc.array(anyRecord, { maxLength: 4 }), {
    minLength: 3,
    maxLength: 3,
  }),
});

/** Writes a message, and says what became of the last thing written. */
export function write(
  writer: dns.Writer,
  message: Message,
  view: DataView,
  start: number,
  end: number,
): dns.Outcome {
  const begun = writer.begin(view, start, end);
  if (begun !== "written") return begun;
  writer.header.flags = message.flags;
  for (const { name, type, class: class_ } of message.questions) {
    const outcome = writer.question(name, type, class_);
    if (outcome !== "written") return outcome;
  }
  for (const [i, records] of message.sections.entries()) {
    for (const record of records) {
      const outcome = writer.record(i + 1, record);
      if (outcome !== "written") return outcome;
    }
  }
  return "written";
}

/** Reads a message whole, or says why it cannot. */
export function read(
  view: DataView,
  start: number,
  end: number,
): Message | string {
  const header = new dns.View(view, start, end);
  const reason = header.check();
  if (reason !== undefined) return reason;
  const message: Message = {
    flags: header.flags,
    questions: [],
    sections: [[], [], []],
  };
  const questions = new dns.Questions().over(header);
  while (questions.next()) {
    const question = new dns.QuestionRepr();
    question.parse(questions);
    message.questions.push(question);
  }
  if (questions.reason !== undefined) return questions.reason;
  const records = new dns.Records().over(header);
  while (records.next()) {
    const record = new dns.RecordRepr(1024);
    const reason = record.parse(records);
    if (reason !== undefined) return reason;
    message.sections[records.section - 1]!.push(record);
  }
  return records.reason ?? message;
}
