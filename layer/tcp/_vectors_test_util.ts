/** Reads the shared conformance vectors, which a stranger's clone lacks. */

const FOLDER = new URL("../../../shared/conformance/vectors/", import.meta.url);

/** The parsed vectors of a file, or `undefined` where the folder is missing. */
export function vectors<T>(name: string): T | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(new URL(name, FOLDER)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Runs a test on vectors, or skips it and says why. */
export function testVectors<T>(
  title: string,
  name: string,
  test: (data: T) => void,
): void {
  const data = vectors<T>(name);
  Deno.test({
    name: data ? title : `${title} (skipped: no ../shared/conformance)`,
    ignore: data === undefined,
    fn: () => test(data!),
  });
}
