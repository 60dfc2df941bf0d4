/**
 * Why a layer could not do what a handler asked for.
 *
 * @module
 */

/**
 * - `"illegal"`: the device or the state does not allow it.
 * - `"size"`: the buffer, the MTU or the message is too small for it.
 * - `"unreachable"`: no route, no source address, or the neighbour gave no answer.
 * - `"exhausted"`: a table, queue or pool is full.
 */
export type Failure = "illegal" | "size" | "unreachable" | "exhausted";
