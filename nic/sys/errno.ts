/**
 * What the kernel answers when it refuses: numbers, names and the error that
 * carries them (`errno(3)`).
 *
 * The numbers are those of x86-64 and arm64, the machines that Deno runs on.
 *
 * @module
 */

/** Not permitted: a capability is missing. */
export const EPERM = 1;
/** No such file, device or name. */
export const ENOENT = 2;
/** A signal came first. */
export const EINTR = 4;
/** The device cannot: on a tap, it is down. */
export const EIO = 5;
/** No such device or address. */
export const ENXIO = 6;
/** No such descriptor. */
export const EBADF = 9;
/** Nothing there, or no room, at the moment. */
export const EAGAIN = 11;
/** The kernel has no memory. */
export const ENOMEM = 12;
/** File permissions forbid it. */
export const EACCES = 13;
/** Somebody else has it. */
export const EBUSY = 16;
/** No such device. */
export const ENODEV = 19;
/** The kernel does not understand, or not here. */
export const EINVAL = 22;
/** The process has no descriptor left. */
export const EMFILE = 24;
/** The kernel has no such protocol option. */
export const ENOPROTOOPT = 92;
/** The descriptor lost what it stood for: a tap was deleted. */
export const EBADFD = 77;
/** The frame is larger than the interface takes. */
export const EMSGSIZE = 90;
/** The kernel was built without it. */
export const EAFNOSUPPORT = 97;
/** The interface is down. */
export const ENETDOWN = 100;
/** A queue in the kernel is full. */
export const ENOBUFS = 105;

const TEXTS: ReadonlyMap<number, readonly [name: string, text: string]> =
  new Map([
    [EPERM, ["EPERM", "a capability is missing"]],
    [ENOENT, ["ENOENT", "it does not exist"]],
    [EINTR, ["EINTR", "a signal came first"]],
    [EIO, ["EIO", "the device is down or broken"]],
    [ENXIO, ["ENXIO", "there is no such device or address"]],
    [EBADF, ["EBADF", "the descriptor is closed"]],
    [EAGAIN, ["EAGAIN", "it would have to wait"]],
    [ENOMEM, ["ENOMEM", "the kernel has no memory left"]],
    [EACCES, ["EACCES", "file permissions forbid it"]],
    [EBUSY, ["EBUSY", "it is in use"]],
    [17, ["EEXIST", "it exists already"]],
    [ENODEV, ["ENODEV", "there is no such device"]],
    [EINVAL, ["EINVAL", "the kernel does not accept the argument"]],
    [23, ["ENFILE", "the system has no descriptor left"]],
    [EMFILE, ["EMFILE", "the process has no descriptor left"]],
    [25, ["ENOTTY", "the device has no such control"]],
    [28, ["ENOSPC", "there is no space left"]],
    [32, ["EPIPE", "the other end is closed"]],
    [34, ["ERANGE", "a number is out of range"]],
    [38, ["ENOSYS", "the kernel has no such call"]],
    [EBADFD, ["EBADFD", "the interface was deleted"]],
    [88, ["ENOTSOCK", "the descriptor is no socket"]],
    [EMSGSIZE, ["EMSGSIZE", "the frame is too long"]],
    [ENOPROTOOPT, ["ENOPROTOOPT", "the kernel has no such option"]],
    [93, ["EPROTONOSUPPORT", "the kernel has no such protocol"]],
    [95, ["EOPNOTSUPP", "the interface cannot do that"]],
    [EAFNOSUPPORT, ["EAFNOSUPPORT", "the kernel was built without it"]],
    [98, ["EADDRINUSE", "the address is in use"]],
    [99, ["EADDRNOTAVAIL", "there is no such address here"]],
    [ENETDOWN, ["ENETDOWN", "the interface is down"]],
    [ENOBUFS, ["ENOBUFS", "a queue in the kernel is full"]],
    [111, ["ECONNREFUSED", "nobody listens at the other end"]],
  ]);

/** The name of an error number, such as `"EPERM"`, or `"errno 200"`. */
export function nameOf(errno: number): string {
  return TEXTS.get(errno)?.[0] ?? `errno ${errno}`;
}

/** What an error number means in a few words. */
export function textOf(errno: number): string {
  return TEXTS.get(errno)?.[1] ?? "the kernel refused";
}

/** The kernel refused a call. */
export class SystemError extends Error {
  /** The name `"SystemError"`. */
  override readonly name = "SystemError";
  /** The number, such as 1. */
  readonly errno: number;
  /** The name of the number, such as `"EPERM"`. */
  readonly code: string;
  /** What was called, such as `"ioctl TUNSETIFF"`. */
  readonly call: string;

  /**
   * `action` completes "Cannot …"; `reason` says why in words, by default those
   * of {@linkcode textOf}.
   */
  constructor(
    call: string,
    errno: number,
    action: string,
    reason: string = textOf(errno),
  ) {
    super(`Cannot ${action}: ${reason} (${nameOf(errno)} from ${call})`);
    this.errno = errno;
    this.code = nameOf(errno);
    this.call = call;
  }
}

/** Why there are no system calls to be had. */
export type Obstacle = "platform" | "permission" | "library";

/** System calls cannot be made from here at all. */
export class UnavailableError extends Error {
  /** The name `"UnavailableError"`. */
  override readonly name = "UnavailableError";
  /** What stands in the way. */
  readonly obstacle: Obstacle;

  /** Describes one obstacle; `detail` is the platform or the library's error. */
  constructor(obstacle: Obstacle, detail: string) {
    super(
      obstacle === "platform"
        ? `Cannot open network interfaces on ${detail}: only Linux is supported`
        : obstacle === "permission"
        ? "Cannot open network interfaces: run deno with --allow-ffi"
        : `Cannot open network interfaces: libc.so.6 does not load (${detail})`,
    );
    this.obstacle = obstacle;
  }
}

/** A device was used after it was disposed of. */
export class DisposedError extends Error {
  /** The name `"DisposedError"`. */
  override readonly name = "DisposedError";

  /** Names the device. */
  constructor(what: string) {
    super(`Cannot use ${what}: it was disposed of`);
  }
}

/** A text cannot name a network interface. */
export class InterfaceNameError extends RangeError {
  /** The name `"InterfaceNameError"`. */
  override readonly name = "InterfaceNameError";

  /** Quotes the text, and says what is wrong with it. */
  constructor(text: string, reason: string) {
    super(`Cannot use ${JSON.stringify(text)} as interface name: ${reason}`);
  }
}

/** An option of a device is out of range. */
export class OptionError extends RangeError {
  /** The name `"OptionError"`. */
  override readonly name = "OptionError";

  /** Quotes the option and what it has to be. */
  constructor(option: string, value: unknown, wanted: string) {
    super(`Cannot use ${option} ${String(value)}: it must be ${wanted}`);
  }
}
