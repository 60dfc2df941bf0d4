/**
 * Tests that need a kernel to talk to.
 *
 * @module
 */

import { missing, Namespace, type Possibilities, probe } from "./namespace.ts";

/** What a live test cannot do without. */
export interface Needs {
  /** Programs, by name. */
  readonly programs?: readonly string[];
  /** A device of this kind in the namespace. */
  readonly device?: "tap" | "veth";
}

let possibilities: Promise<Possibilities> | undefined;

async function obstacle(needs: Needs): Promise<string | undefined> {
  possibilities ??= probe();
  const found = await possibilities;
  return found.namespace ??
    (needs.device === undefined ? undefined : found[needs.device]) ??
    missing(needs.programs ?? []);
}

/**
 * Registers a test that runs in a namespace of its own. Where that cannot be,
 * the test is ignored and its name says why.
 */
export async function live(
  name: string,
  needs: Needs,
  body: (namespace: Namespace) => Promise<void>,
): Promise<void> {
  const reason = await obstacle(needs);
  Deno.test({
    name: reason === undefined ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== undefined,
    async fn() {
      await using namespace = await Namespace.open();
      await body(namespace);
    },
  });
}
