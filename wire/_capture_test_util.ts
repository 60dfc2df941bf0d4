// Capture files built octet by octet, to read in tests.

/** What a test says of a file: its octets, field by field. */
export class Builder {
  readonly octets: number[] = [];
  readonly littleEndian: boolean;

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian;
  }

  /** Adds an integer of so many octets. */
  integer(value: number | bigint, octets: number): this {
    const all: number[] = [];
    for (let i = 0; i < octets; i++) {
      all.push(Number(BigInt.asUintN(8, BigInt(value) >> BigInt(8 * i))));
    }
    this.octets.push(...(this.littleEndian ? all : all.reverse()));
    return this;
  }

  u8(...values: number[]): this {
    for (const value of values) this.integer(value, 1);
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.integer(value, 2);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.integer(value, 4);
    return this;
  }

  raw(octets: Iterable<number>): this {
    this.octets.push(...octets);
    return this;
  }

  /** Fills up to a multiple of four octets. */
  pad(): this {
    while (this.octets.length % 4 !== 0) this.octets.push(0);
    return this;
  }

  /** An option of pcapng. */
  option(code: number, value: Iterable<number>): this {
    const octets = [...value];
    return this.u16(code, octets.length).raw(octets).pad();
  }

  text(code: number, value: string): this {
    return this.option(code, new TextEncoder().encode(value));
  }

  /** The file header of pcap. */
  pcap(
    { magic = 0xa1b2c3d4, major = 2, minor = 4, snap = 65535, link = 1 } = {},
  ): this {
    return this.u32(magic).u16(major, minor).u32(0, 0, snap, link);
  }

  /** A record of pcap. */
  record(
    seconds: number,
    fraction: number,
    octets: Uint8Array,
    original: number = octets.length,
  ): this {
    return this.u32(seconds, fraction, octets.length, original).raw(octets);
  }

  /** A block of pcapng with what `fill` adds as its body. */
  block(type: number, fill: (body: Builder) => void): this {
    const body = new Builder(this.littleEndian);
    fill(body);
    body.pad();
    const length = body.octets.length + 12;
    return this.u32(type, length).raw(body.octets).u32(length);
  }

  section({ major = 1, minor = 0 } = {}): this {
    return this.block(
      0x0a0d0d0a,
      (b) => b.u32(0x1a2b3c4d).u16(major, minor).integer(-1, 8),
    );
  }

  interface(
    link = 1,
    snap = 0,
    options: (body: Builder) => void = () => {},
  ): this {
    return this.block(1, (b) => options(b.u16(link, 0).u32(snap)));
  }

  enhanced(
    index: number,
    units: bigint,
    octets: Uint8Array,
    original: number = octets.length,
    options: (body: Builder) => void = () => {},
  ): this {
    return this.block(6, (b) => {
      b.u32(index).u32(Number(units >> 32n), Number(units & 0xffffffffn));
      options(b.u32(octets.length, original).raw(octets).pad());
    });
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.octets);
  }
}

/** Pieces of a file that a writer made, joined. */
export class Pieces {
  readonly all: Uint8Array[] = [];
  readonly take = (octets: Uint8Array): void => {
    this.all.push(octets.slice());
  };

  get bytes(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.all.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const piece of this.all) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
