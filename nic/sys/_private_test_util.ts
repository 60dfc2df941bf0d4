// Runs the tests of a file in a private network namespace. No tests of its own.

const CHILD = "ETHOX_IN_PRIVATE_NAMESPACE";

interface Result {
  readonly name: string;
  readonly error?: string;
}

interface Registered {
  readonly name: string;
  readonly body: () => void | Promise<void>;
}

/** Commands that make a namespace, or why there is none. */
export function entrance(): readonly string[] | string {
  if (Deno.build.os !== "linux") return `${Deno.build.os} has no namespaces`;
  const enter = Deno.uid() === 0
    ? ["unshare", "--net"]
    : ["unshare", "--map-root-user", "--net"];
  try {
    const { success, stderr } = new Deno.Command(enter[0]!, {
      args: [...enter.slice(1), "true"],
    }).outputSync();
    if (success) return enter;
    return new TextDecoder().decode(stderr).trim() || "unshare failed";
  } catch {
    return "no unshare, in Debian's package util-linux";
  }
}

/**
 * The tests of one file. The file runs a second time as a program inside the
 * namespace and prints results there; the tests outside tell them.
 */
export class Private {
  readonly #url: string;
  readonly #registered: Registered[] = [];
  readonly #inside = Deno.env.get(CHILD) !== undefined;
  readonly #entrance: readonly string[] | string;
  #results: Promise<Map<string, Result>> | undefined;

  /** For the file at `url`; `obstacle` may name what else stands in the way. */
  constructor(url: string, obstacle: () => string | undefined) {
    this.#url = url;
    if (this.#inside) {
      this.#entrance = [];
      setTimeout(() => this.#run(), 0);
    } else {
      const found = entrance();
      this.#entrance = typeof found === "string" ? found : obstacle() ?? found;
    }
  }

  /** Registers a test. */
  test(name: string, body: () => void | Promise<void>): void {
    if (this.#inside) {
      this.#registered.push({ name, body });
      return;
    }
    const ignore = typeof this.#entrance === "string";
    Deno.test({
      name: ignore ? `${name} (skipped: ${this.#entrance})` : name,
      ignore,
      fn: async () => {
        const result = (await this.#everything()).get(name);
        if (result === undefined) throw new Error("It did not come to its end");
        if (result.error !== undefined) throw new Error(result.error);
      },
    });
  }

  async #run(): Promise<void> {
    for (const { name, body } of this.#registered) {
      let error: string | undefined;
      try {
        await body();
      } catch (thrown) {
        error = thrown instanceof Error && thrown.stack || String(thrown);
      }
      const result = JSON.stringify({ name, error });
      // deno-lint-ignore no-console
      console.log(`@${result}`);
    }
    Deno.exit(0);
  }

  #everything(): Promise<Map<string, Result>> {
    return this.#results ??= this.#spawn();
  }

  async #spawn(): Promise<Map<string, Result>> {
    const [command, ...args] = this.#entrance as readonly string[];
    const { stdout, stderr } = await new Deno.Command(command!, {
      args: [...args, Deno.execPath(), "run", "-A", "--no-check", this.#url],
      env: { [CHILD]: "1", NO_COLOR: "1" },
    }).output();
    const results = new Map<string, Result>();
    for (const line of new TextDecoder().decode(stdout).split("\n")) {
      if (!line.startsWith("@")) continue;
      const result = JSON.parse(line.slice(1)) as Result;
      results.set(result.name, result);
    }
    if (results.size === 0) throw new Error(new TextDecoder().decode(stderr));
    return results;
  }
}

/** Says why no tap can be opened, if it cannot. */
export function noTap(): string | undefined {
  try {
    Deno.openSync("/dev/net/tun", { read: true, write: true }).close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Says why `ip` cannot be run, if it cannot. */
export function noIp(): string | undefined {
  try {
    new Deno.Command("ip", { args: ["-V"] }).outputSync();
    return undefined;
  } catch {
    return "no ip, in Debian's package iproute2";
  }
}

/** Runs `ip` with arguments separated by spaces. */
export function ip(line: string): void {
  const { success, stderr } = new Deno.Command("ip", { args: line.split(" ") })
    .outputSync();
  if (!success) {
    throw new Error(`ip ${line}: ${new TextDecoder().decode(stderr)}`);
  }
}
