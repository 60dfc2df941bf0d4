/**
 * The EtherTypes that the layers speak.
 *
 * @module
 */

/** Internet Protocol version 4. */
export const IPV4 = 0x0800;
/** Address Resolution Protocol. */
export const ARP = 0x0806;
