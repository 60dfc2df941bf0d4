// A condition as a row of tests, each of which says what to do next.

import type { Comparison, Condition, Value } from "./_filter_expression.ts";

/** Where the packet matches. */
export const ACCEPT = -1;
/** Where it does not. */
export const REJECT = -2;

/** One comparison, and the index of the test that comes next, either way. */
export interface Test {
  readonly comparison: Comparison;
  /** Text of the left number: equal if the number is. */
  readonly key: string;
  /** Next if the comparison holds; greater than the own index, or an end. */
  yes: number;
  /** Next if not. */
  no: number;
}

/** Tests in the order of the text, so that every jump goes forward. */
export interface Graph {
  readonly tests: readonly Test[];
  /** The first, or an end. */
  readonly entry: number;
}

/** Text of a number, equal for equal ones. */
export function keyOf(value: Value): string {
  switch (value.kind) {
    case "constant":
      return `${value.value}`;
    case "length":
      return "len";
    case "load":
      return `[${value.offset},${value.size},${value.header},${
        value.index === undefined ? "" : keyOf(value.index)
      }]`;
    case "operation":
      return `(${keyOf(value.left)}${value.operator}${keyOf(value.right)})`;
  }
}

/** The tests that a condition comes to, without those that say nothing new. */
export function graphOf(condition: Condition): Graph {
  const builder = new Builder();
  const entry = builder.add(condition, ACCEPT, REJECT);
  const { tests, entry: first } = merge(thread(builder.tests, entry));
  return compact(tests, first);
}

/** Makes tests from the last to the first, as each has to know the next. */
class Builder {
  readonly tests: Test[] = [];

  /** Adds tests that lead to `yes` or `no`; returns the index of the first. */
  add(condition: Condition, yes: number, no: number): number {
    // Long chains lean to the left, so they do not deepen the recursion.
    for (;;) {
      switch (condition.kind) {
        case "known":
          return condition.value ? yes : no;
        case "not":
          [yes, no, condition] = [no, yes, condition.inner];
          continue;
        case "and":
          yes = this.add(condition.right, yes, no);
          condition = condition.left;
          continue;
        case "or":
          no = this.add(condition.right, yes, no);
          condition = condition.left;
          continue;
        case "comparison": {
          const key = keyOf(condition.left);
          this.tests.push({ comparison: condition, key, yes, no });
          return this.tests.length - 1;
        }
      }
    }
  }
}

/** What is known of a number: its value, or values that it does not have. */
type Fact = { readonly is: number } | { readonly not: readonly number[] };
type Facts = ReadonlyMap<string, Fact>;

/** Most values that a number is known not to have. */
const MOST_EXCLUDED = 8;
/** Most numbers that something is known of. */
const MOST_FACTS = 16;

/**
 * Leads every jump past tests whose outcome is known on the way there. The number of a test that is passed
 * over was loaded before on that way; so no packet is refused or taken for it.
 */
function thread(backwards: readonly Test[], first: number): Graph {
  const last = backwards.length - 1;
  const turned = (index: number): number => index < 0 ? index : last - index;
  const tests = backwards.map((test) => ({
    ...test,
    yes: turned(test.yes),
    no: turned(test.no),
  })).reverse();
  const known: (Facts | undefined)[] = tests.map(() => undefined);
  const entry = turned(first);
  if (entry >= 0) known[entry] = new Map();
  const lead = (from: number, facts: Facts): number => {
    let at = from;
    while (at >= 0) {
      const outcome = decide(tests[at]!, facts.get(tests[at]!.key));
      if (outcome === undefined) break;
      at = outcome ? tests[at]!.yes : tests[at]!.no;
    }
    if (at >= 0) known[at] = common(known[at], facts);
    return at;
  };
  for (const [i, test] of tests.entries()) {
    const facts = known[i];
    if (facts === undefined) continue;
    test.yes = lead(test.yes, learned(test, facts, true));
    test.no = lead(test.no, learned(test, facts, false));
  }
  return { tests, entry };
}

/** Outcome of a test by what is known, if that suffices. */
function decide(
  { comparison: { relation, right } }: Test,
  fact: Fact | undefined,
): boolean | undefined {
  if (fact === undefined || right.kind !== "constant") return undefined;
  if (relation !== "=") return undefined;
  if ("is" in fact) return fact.is === right.value;
  return fact.not.includes(right.value) ? false : undefined;
}

/** What is known behind a test. */
function learned(test: Test, facts: Facts, outcome: boolean): Facts {
  const { relation, right } = test.comparison;
  if (right.kind !== "constant" || relation !== "=") return facts;
  const more = new Map(facts);
  const old = more.get(test.key);
  const { value } = right;
  if (outcome) more.set(test.key, { is: value });
  else if (old === undefined) more.set(test.key, { not: [value] });
  else if ("not" in old && old.not.length < MOST_EXCLUDED) {
    more.set(test.key, { not: [...old.not, value] });
  }
  if (more.size > MOST_FACTS) more.delete(more.keys().next().value!);
  return more;
}

/** What is known on both ways to a test. */
function common(one: Facts | undefined, other: Facts): Facts {
  if (one === undefined) return other;
  const both = new Map<string, Fact>();
  for (const [key, fact] of one) {
    const second = other.get(key);
    if (second === undefined) continue;
    if ("is" in fact) {
      if ("is" in second && second.is === fact.is) both.set(key, fact);
    } else if ("not" in second) {
      const not = fact.not.filter((value) => second.not.includes(value));
      if (not.length > 0) both.set(key, { not });
    }
  }
  return both;
}

/** Leads every jump to the last of the tests that ask and go on alike. */
function merge({ tests, entry }: Graph): Graph {
  const alike = new Map<string, number>();
  const place: number[] = [];
  const to = (index: number): number => index < 0 ? index : place[index]!;
  for (let i = tests.length - 1; i >= 0; i--) {
    const test = tests[i]!;
    test.yes = to(test.yes);
    test.no = to(test.no);
    const { relation, right } = test.comparison;
    const text = `${test.key}${relation}${keyOf(right)} ${test.yes} ${test.no}`;
    place[i] = alike.get(text) ?? i;
    if (place[i] === i) alike.set(text, i);
  }
  return { tests, entry: to(entry) };
}

/** Leaves out the tests that nothing leads to. */
function compact(tests: readonly Test[], entry: number): Graph {
  const reached = tests.map((_, i) => i === entry);
  for (const [i, { yes, no }] of tests.entries()) {
    if (!reached[i]) continue;
    if (yes >= 0) reached[yes] = true;
    if (no >= 0) reached[no] = true;
  }
  const place: number[] = [];
  let count = 0;
  for (const is of reached) place.push(is ? count++ : REJECT);
  const to = (index: number): number => index < 0 ? index : place[index]!;
  return {
    entry: to(entry),
    tests: tests.filter((_, i) => reached[i]).map((test) => ({
      ...test,
      yes: to(test.yes),
      no: to(test.no),
    })),
  };
}
