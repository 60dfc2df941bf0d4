/**
 * A private network namespace, in which the kernel and this project's programs
 * talk to each other without touching the machine's own network.
 *
 * It is kept by one idle process, which ends when this one does, however that
 * happens; with it go all programs in the namespace and all interfaces.
 *
 * @module
 */

/** What a program that was run to its end printed. */
export interface Output {
  /** Exit code; 128 and more for a signal. */
  readonly code: number;
  /** All of its standard output. */
  readonly stdout: string;
  /** All of its standard error. */
  readonly stderr: string;
}

/** The machine allows no namespace, or a command in one failed. */
export class NamespaceError extends Error {
  /** The name `"NamespaceError"`. */
  override readonly name = "NamespaceError";
}

/** Programs that tests and the demonstration use, and who has them. */
const DEBIAN: Readonly<Record<string, string>> = {
  curl: "curl",
  ip: "iproute2",
  nsenter: "util-linux",
  ping: "iputils-ping",
  python3: "python3-minimal",
  ss: "iproute2",
  tcpdump: "tcpdump",
  unshare: "util-linux",
  wrk: "wrk",
};

/** Whether a program can be found. */
export function available(program: string): boolean {
  // Administrators' folders are not in everybody's PATH.
  for (const folder of path().split(":")) {
    try {
      const { isFile, mode } = Deno.statSync(`${folder}/${program}`);
      if (isFile && ((mode ?? 0) & 0o111) !== 0) return true;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}

/** Says which program is missing and what package has it, if one is. */
export function missing(programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => !available(program));
  if (absent.length === 0) return undefined;
  return absent.map((program) =>
    `no ${program}, in Debian's package ${DEBIAN[program] ?? program}`
  ).join("; ");
}

function path(): string {
  return `${Deno.env.get("PATH") ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
}

async function finish(command: Deno.Command): Promise<Output> {
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** One program in a namespace, with its output line by line. */
export class Program implements AsyncDisposable {
  /** Everything printed so far, standard error too. */
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #ended = false;
  #changed: () => void = () => {};

  /** Watches a child whose standard output and error are piped. */
  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    const read = async (stream: ReadableStream<Uint8Array>) => {
      const decoder = new TextDecoder();
      for await (const bytes of stream) {
        this.output += decoder.decode(bytes, { stream: true });
        this.#changed();
      }
    };
    this.#reading = Promise.all([read(child.stdout), read(child.stderr)])
      .finally(() => {
        this.#ended = true;
        this.#changed();
      });
  }

  /**
   * Waits until what was printed matches.
   *
   * @throws {NamespaceError} if the program ends, or `seconds` pass, before.
   */
  async until(pattern: RegExp, seconds = 20): Promise<RegExpExecArray> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#changed();
    }, seconds * 1000);
    try {
      for (;;) {
        const match = pattern.exec(this.output);
        if (match !== null) return match;
        if (this.#ended || late) {
          const why = late ? `in ${seconds} s` : "and ended";
          throw new NamespaceError(
            `The program did not print ${pattern} ${why}: ${this.output}`,
          );
        }
        await new Promise<void>((resolve) => this.#changed = resolve);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for its end and returns its exit code. */
  async end(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  /** Asks it to stop, as Ctrl-C does, and waits for its end. */
  stop(signal: Deno.Signal = "SIGINT"): Promise<number> {
    if (!this.#ended) {
      for (const pid of this.#processes()) {
        try {
          Deno.kill(pid, signal);
        } catch {
          // It ended meanwhile.
        }
      }
    }
    return this.end();
  }

  /**
   * The program's own process. To be one of the process namespace it is a child
   * of `nsenter`, which passes no signal on.
   */
  #processes(): readonly number[] {
    const { pid } = this.#child;
    try {
      const path = `/proc/${pid}/task/${pid}/children`;
      const children = Deno.readTextFileSync(path).split(" ").filter(Boolean);
      if (children.length > 0) return children.map(Number);
    } catch {
      // It ended meanwhile.
    }
    return [pid];
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

/** How a program is run. */
export interface RunOptions {
  /** Text for its standard input; none by default. */
  readonly input?: string;
  /** Working directory. */
  readonly cwd?: string;
}

/** A network namespace of one's own. */
export class Namespace implements AsyncDisposable {
  readonly #keeper: Deno.ChildProcess;
  readonly #enter: readonly string[];

  private constructor(keeper: Deno.ChildProcess, enter: readonly string[]) {
    this.#keeper = keeper;
    this.#enter = enter;
  }

  /**
   * Makes one: as root, or as an ordinary user through a user namespace.
   *
   * @throws {NamespaceError} with the reason, if the machine does not allow it.
   */
  static async open(): Promise<Namespace> {
    if (Deno.build.os !== "linux") {
      throw new NamespaceError(`${Deno.build.os} has no network namespaces`);
    }
    const absent = missing(["unshare", "nsenter", "ip"]);
    if (absent !== undefined) throw new NamespaceError(absent);
    const root = Deno.uid() === 0;
    // With a process namespace as well, whose first process is the keeper, all
    // programs in it end together. The shell tells its number outside.
    const keeper = new Deno.Command("unshare", {
      args: [
        ...(root ? [] : ["--map-root-user"]),
        ...["--net", "--pid", "--fork", "--kill-child", "sh", "-c"],
        "read pid rest </proc/self/stat; echo $pid; exec cat",
      ],
      env: { PATH: path() },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = keeper.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    const pid = Number(new TextDecoder().decode(value));
    if (!(pid > 0)) {
      const stderr = await new Response(keeper.stderr).text();
      await keeper.stdout.cancel();
      await keeper.stdin.close().catch(() => {});
      await keeper.status;
      throw new NamespaceError(
        stderr.trim().split("\n")[0] ?? "unshare failed",
      );
    }
    const namespace = new Namespace(keeper, [
      "--target",
      `${pid}`,
      ...(root ? [] : ["--user", "--preserve-credentials"]),
      "--net",
      "--pid",
    ]);
    await namespace.ip("link set lo up");
    return namespace;
  }

  /** A command in the namespace, yet to be started. */
  command(
    program: string,
    args: readonly string[],
    options: Deno.CommandOptions = {},
  ): Deno.Command {
    return new Deno.Command("nsenter", {
      ...options,
      args: [...this.#enter, "--", program, ...args],
      env: { PATH: path(), NO_COLOR: "1", LC_ALL: "C" },
    });
  }

  /** Runs a program to its end. */
  async run(
    program: string,
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<Output> {
    const { input, cwd } = options;
    const where = cwd === undefined ? {} : { cwd };
    if (input === undefined) {
      return finish(this.command(program, args, { ...where, stdin: "null" }));
    }
    const child = this.command(program, args, {
      ...where,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const [status, stdout, stderr] = await Promise.all([
      child.status,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { code: status.code, stdout, stderr };
  }

  /** Starts a program that goes on. */
  start(
    program: string,
    args: readonly string[],
    options: { readonly cwd?: string } = {},
  ): Program {
    return new Program(
      this.command(program, args, {
        ...options,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  }

  /** Starts a program of `examples/` with the permissions it asks for. */
  example(
    file: string,
    args: readonly string[],
    permissions: readonly string[] = [],
  ): Program {
    const script = new URL(`../${file}`, import.meta.url).pathname;
    return this.start(Deno.execPath(), [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-ffi",
      ...permissions,
      script,
      ...args,
    ]);
  }

  /**
   * Runs `ip` with arguments that have no spaces in them.
   *
   * @throws {NamespaceError} if it fails.
   */
  async ip(args: string): Promise<string> {
    const { code, stdout, stderr } = await this.run("ip", args.split(" "));
    if (code !== 0) {
      throw new NamespaceError(
        `ip ${args}: ${stderr.trim() || `code ${code}`}`,
      );
    }
    return stdout;
  }

  /** Ends all programs in it and waits until they are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.stdin.close().catch(() => {});
    await Promise.all([
      this.#keeper.status,
      this.#keeper.stdout.cancel().catch(() => {}),
      this.#keeper.stderr.cancel().catch(() => {}),
    ]);
  }
}

/** What can be tried on this machine; a reason each for what cannot. */
export interface Possibilities {
  /** Why there is no namespace. */
  readonly namespace?: string;
  /** Why there is no tap in one. */
  readonly tap?: string;
  /** Why there is no raw socket on a veth pair in one. */
  readonly veth?: string;
}

/** Tries what this machine allows, and leaves nothing behind. */
export async function probe(): Promise<Possibilities> {
  let namespace: Namespace;
  try {
    namespace = await Namespace.open();
  } catch (error) {
    if (!(error instanceof NamespaceError)) throw error;
    return { namespace: `no namespace: ${error.message}` };
  }
  await using _ = namespace;
  const attempt = async (what: string, args: string) => {
    try {
      await namespace.ip(args);
      return {};
    } catch (error) {
      if (!(error instanceof NamespaceError)) throw error;
      return { [what]: `no ${what}: ${error.message}` };
    }
  };
  return {
    ...await attempt("tap", "tuntap add dev tap0 mode tap"),
    ...await attempt("veth", "link add veth0 type veth peer name veth1"),
  };
}
