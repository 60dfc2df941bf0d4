// The WebAssembly module of `checksum.Kernel`: the text form, and under each
// line its octets. It adds little-endian words in 32-bit lanes, of which one
// takes 2^19 octets without a carry, and swaps the folded sum at the end.

const CODE = [
  // (module
  "0061736d01000000",
  // (type (func (param i32 i32 i32) (result i32)))
  "01080160037f7f7f017f",
  // (import "m" "m" (memory 0))
  "020801016d016d020000",
  // (func (type 0))
  "03020100",
  // (export "sum" (func 0))
  "0707010373756d0000",
  // code of func 0: $at, $length, $seed
  "0aef0201ec02",
  // (local $a v128) (local $b v128) (local $total i64) (local $end i32) (local
  //    $word i32)
  "03027b017e027f",
  // ;; $end = $at + $length
  // (local.set $end (i32.add (local.get $at) (local.get $length)))
  "200020016a2106",
  // ;; 64 octets a round
  // (block (loop
  "02400340",
  // (br_if 1 (i32.lt_s (i32.sub (local.get $end) (local.get $at)) (i32.const
  //    64)))
  "200620006b41c000480d01",
  // (local.set $a (i32x4.add (i32x4.add (local.get $a)
  //    (i32x4.extadd_pairwise_i16x8_u (v128.load align=1 (local.get $at))))
  //    (i32x4.extadd_pairwise_i16x8_u (v128.load offset=16 align=1 (local.get
  //    $at)))))
  "20032000fd000000fd7ffdae012000fd000010fd7ffdae012103",
  // (local.set $b (i32x4.add (i32x4.add (local.get $b)
  //    (i32x4.extadd_pairwise_i16x8_u (v128.load offset=32 align=1 (local.get
  //    $at)))) (i32x4.extadd_pairwise_i16x8_u (v128.load offset=48 align=1
  //    (local.get $at)))))
  "20042000fd000020fd7ffdae012000fd000030fd7ffdae012104",
  // (local.set $at (i32.add (local.get $at) (i32.const 64)))
  "200041c0006a2100",
  // (br 0) ))
  "0c000b0b",
  // ;; then 16
  // (block (loop
  "02400340",
  // (br_if 1 (i32.lt_s (i32.sub (local.get $end) (local.get $at)) (i32.const
  //    16)))
  "200620006b4110480d01",
  // (local.set $a (i32x4.add (local.get $a) (i32x4.extadd_pairwise_i16x8_u
  //    (v128.load align=1 (local.get $at)))))
  "20032000fd000000fd7ffdae012103",
  // (local.set $at (i32.add (local.get $at) (i32.const 16)))
  "200041106a2100",
  // (br 0) ))
  "0c000b0b",
  // ;; the eight lanes become one total
  // (local.set $a (i64x2.add (i64x2.extend_low_i32x4_u (local.get $a))
  //    (i64x2.extend_high_i32x4_u (local.get $a))))
  "2003fdc9012003fdca01fdce012103",
  // (local.set $b (i64x2.add (i64x2.extend_low_i32x4_u (local.get $b))
  //    (i64x2.extend_high_i32x4_u (local.get $b))))
  "2004fdc9012004fdca01fdce012104",
  // (local.set $a (i64x2.add (local.get $a) (local.get $b)))
  "20032004fdce012103",
  // (local.set $total (i64.add (i64x2.extract_lane 0 (local.get $a))
  //    (i64x2.extract_lane 1 (local.get $a))))
  "2003fd1d002003fd1d017c2105",
  // ;; then 4, 2 and 1 octets
  // (block (loop
  "02400340",
  // (br_if 1 (i32.lt_s (i32.sub (local.get $end) (local.get $at)) (i32.const
  //    4)))
  "200620006b4104480d01",
  // (local.set $total (i64.add (local.get $total) (i64.load32_u align=1
  //    (local.get $at))))
  "200520003500007c2105",
  // (local.set $at (i32.add (local.get $at) (i32.const 4)))
  "200041046a2100",
  // (br 0) ))
  "0c000b0b",
  // (if (i32.ge_s (i32.sub (local.get $end) (local.get $at)) (i32.const 2))
  //    (then
  "200620006b41024e0440",
  // (local.set $total (i64.add (local.get $total) (i64.load16_u align=1
  //    (local.get $at))))
  "200520003300007c2105",
  // (local.set $at (i32.add (local.get $at) (i32.const 2))) ))
  "200041026a21000b",
  // (if (i32.gt_s (i32.sub (local.get $end) (local.get $at)) (i32.const 0))
  //    (then
  "200620006b41004a0440",
  // (local.set $total (i64.add (local.get $total) (i64.load8_u (local.get
  //    $at)))) ))
  "200520003100007c21050b",
  // ;; fold 64 bits to 32, then twice to 16
  // (local.set $word (i32.wrap_i64 (local.get $total)))
  "2005a72107",
  // (local.set $word (i32.add (i32.add (i32.and (local.get $word) (i32.const
  //    65535)) (i32.shr_u (local.get $word) (i32.const 16))) (i32.wrap_i64
  //    (i64.shr_u (local.get $total) (i64.const 32)))))
  "200741ffff037120074110766a2005422088a76a2107",
  // (local.set $word (i32.add (i32.and (local.get $word) (i32.const 65535))
  //    (i32.shr_u (local.get $word) (i32.const 16))))
  "200741ffff037120074110766a2107",
  // (local.set $word (i32.add (i32.and (local.get $word) (i32.const 65535))
  //    (i32.shr_u (local.get $word) (i32.const 16))))
  "200741ffff037120074110766a2107",
  // ;; swap to network order, add the seed, fold
  // (local.set $word (i32.or (i32.shr_u (local.get $word) (i32.const 8))
  //    (i32.shl (i32.and (local.get $word) (i32.const 255)) (i32.const 8))))
  "2007410876200741ff0171410874722107",
  // (local.set $word (i32.add (local.get $word) (local.get $seed)))
  "200720026a2107",
  // (i32.add (i32.and (local.get $word) (i32.const 65535)) (i32.shr_u
  //    (local.get $word) (i32.const 16)))
  "200741ffff037120074110766a",
  // end of func 0
  "0b",
];

function octets(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** The module in binary form. */
export const MODULE: Uint8Array<ArrayBuffer> = octets(CODE.join(""));
