/** Containers over memory that is given at set-up. @module */
export * as counters from "./counters.ts";
export * as map from "./map.ts";
export * as memory from "./memory.ts";
export * as siphash from "./siphash.ts";
export * as timerWheel from "./timer_wheel.ts";
