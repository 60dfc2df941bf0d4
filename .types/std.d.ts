// The npm build of the Deno standard library ships no types; these are the
// signatures of the parts that tests and examples use.

declare module "@std/assert" {
  type Message = string | undefined;
  export class AssertionError extends Error {}
  export function assert(value: unknown, message?: Message): asserts value;
  export function assertFalse(value: unknown, message?: Message): void;
  export function assertEquals<T>(
    actual: T,
    expected: T,
    message?: Message,
  ): void;
  export function assertNotEquals<T>(
    actual: T,
    expected: T,
    message?: Message,
  ): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    message?: Message,
  ): asserts actual is T;
  export function assertNotStrictEquals<T>(
    actual: T,
    expected: T,
    message?: Message,
  ): void;
  export function assertExists<T>(
    actual: T,
    message?: Message,
  ): asserts actual is NonNullable<T>;
  export function assertInstanceOf<
    // deno-lint-ignore no-explicit-any
    T extends abstract new (...args: any[]) => any,
  >(
    actual: unknown,
    expectedType: T,
    message?: Message,
  ): asserts actual is InstanceType<T>;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    errorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
    message?: Message,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    errorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
    message?: Message,
  ): Promise<E>;
  export function assertStringIncludes(
    actual: string,
    expected: string,
    message?: Message,
  ): void;
  export function assertMatch(
    actual: string,
    expected: RegExp,
    message?: Message,
  ): void;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    message?: Message,
  ): void;
  export function assertGreater<T>(
    actual: T,
    expected: T,
    message?: Message,
  ): void;
  export function assertGreaterOrEqual<T>(
    actual: T,
    expected: T,
    message?: Message,
  ): void;
  export function assertLess<T>(
    actual: T,
    expected: T,
    message?: Message,
  ): void;
  export function assertLessOrEqual<T>(
    actual: T,
    expected: T,
    message?: Message,
  ): void;
  export function fail(message?: Message): never;
}

declare module "@std/bytes" {
  export function concat(buffers: readonly Uint8Array[]): Uint8Array;
  export function equals(a: Uint8Array, b: Uint8Array): boolean;
  export function indexOfNeedle(
    source: Uint8Array,
    needle: Uint8Array,
    start?: number,
  ): number;
}

declare module "@std/cli" {
  export interface ParseOptions {
    boolean?: boolean | readonly string[];
    string?: readonly string[];
    collect?: readonly string[];
    negatable?: readonly string[];
    default?: Record<string, unknown>;
    alias?: Record<string, string | readonly string[]>;
    stopEarly?: boolean;
    "--"?: boolean;
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): Record<string, unknown> & { _: (string | number)[] };
}

declare module "http-parser-js" {
  /** What the header section of a message says. */
  export interface HeaderInfo {
    versionMajor: number;
    versionMinor: number;
    /** Names and values in turn. */
    headers: string[];
    /** Index into `HTTPParser.methods`, for a request. */
    method: number;
    url: string;
    statusCode: number;
    statusMessage: string;
    upgrade: boolean;
    shouldKeepAlive: boolean;
  }
  export class HTTPParser {
    static readonly REQUEST: "REQUEST";
    static readonly RESPONSE: "RESPONSE";
    static readonly kOnHeadersComplete: number;
    static readonly kOnBody: number;
    static readonly kOnMessageComplete: number;
    static readonly methods: readonly string[];
    constructor(type: "REQUEST" | "RESPONSE");
    maxHeaderSize: number;
    // deno-lint-ignore no-explicit-any
    [callback: number]: ((...args: any[]) => unknown) | undefined;
    /** Returns the octets consumed, or the error that ends the stream. */
    execute(chunk: Uint8Array): number | Error;
    /** The stream has ended. */
    finish(): Error | undefined;
    reinitialize(type: "REQUEST" | "RESPONSE"): void;
  }
}
