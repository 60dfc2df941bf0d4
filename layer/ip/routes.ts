/**
 * Where datagrams go: the longest prefix wins, then the smaller metric.
 *
 * @module
 */

import { type Address, type Cidr, netmask } from "@ethox/wire/ipv4";
import type { Failure } from "../failure.ts";

/** One route. */
export interface Route {
  /** Destinations. */
  readonly network: Cidr;
  /** Next hop; none where the destinations are on the link themselves. */
  readonly gateway?: Address;
  /** Among routes of one prefix the smaller metric wins; 0 by default. */
  readonly metric?: number;
  /** When it ends, µs on the device's clock; never by default. */
  readonly expires?: number;
}

/** A bounded table of routes, searched from the longest prefix on. */
export class Routes {
  /** Most routes. */
  readonly capacity: number;
  readonly #routes: Route[] = [];
  // The same in typed arrays, longest prefix first.
  readonly #network: Int32Array;
  readonly #mask: Int32Array;
  readonly #gateway: Int32Array;
  readonly #direct: Uint8Array;
  readonly #expires: Float64Array;
  #version = 0;

  /** An empty table. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#network = new Int32Array(capacity);
    this.#mask = new Int32Array(capacity);
    this.#gateway = new Int32Array(capacity);
    this.#direct = new Uint8Array(capacity);
    this.#expires = new Float64Array(capacity);
  }

  /** Number of routes. */
  get size(): number {
    return this.#routes.length;
  }

  /** Changes with every change of the table. */
  get version(): number {
    return this.#version;
  }

  /** Adds a route; one with the same network and metric is replaced. */
  add(route: Route): Failure | undefined {
    const same = this.#find(route.network, route.metric ?? 0);
    if (same >= 0) this.#routes.splice(same, 1);
    else if (this.#routes.length === this.capacity) return "exhausted";
    this.#routes.push(route);
    this.#sort();
    return undefined;
  }

  /** Removes the routes to a network, or the one of a metric; how many. */
  remove(network: Cidr, metric?: number): number {
    const before = this.#routes.length;
    for (let i = before - 1; i >= 0; i--) {
      const route = this.#routes[i]!;
      if (!sameNetwork(route.network, network)) continue;
      if (metric !== undefined && (route.metric ?? 0) !== metric) continue;
      this.#routes.splice(i, 1);
    }
    this.#sort();
    return before - this.#routes.length;
  }

  /** Removes the routes that have ended at a time, µs; how many. */
  purge(now: number): number {
    const before = this.#routes.length;
    for (let i = before - 1; i >= 0; i--) {
      if ((this.#routes[i]!.expires ?? Infinity) <= now) {
        this.#routes.splice(i, 1);
      }
    }
    this.#sort();
    return before - this.#routes.length;
  }

  /** The routes, longest prefix first. */
  [Symbol.iterator](): Iterator<Route> {
    return this.#routes[Symbol.iterator]();
  }

  /**
   * Index of the route to an address (int32) at the time in `clock`; -1 if
   * there is none.
   */
  lookup(address: number, clock: { readonly now: number }): number {
    for (let i = 0; i < this.#routes.length; i++) {
      if ((address & this.#mask[i]!) !== this.#network[i]) continue;
      if (this.#expires[i]! > clock.now) return i;
    }
    return -1;
  }

  /** Next hop of a route towards an address, int32. */
  nextHop(index: number, address: number): number {
    return this.#direct[index] === 1 ? address : this.#gateway[index]!;
  }

  /** When a route ends, µs. */
  expiry(index: number): number {
    return this.#expires[index]!;
  }

  #find(network: Cidr, metric: number): number {
    return this.#routes.findIndex((route) =>
      sameNetwork(route.network, network) && (route.metric ?? 0) === metric
    );
  }

  #sort(): void {
    this.#version++;
    this.#routes.sort((a, b) =>
      b.network.prefixLength - a.network.prefixLength ||
      (a.metric ?? 0) - (b.metric ?? 0)
    );
    this.#routes.forEach((route, i) => {
      const mask = netmask(route.network.prefixLength);
      this.#mask[i] = mask;
      this.#network[i] = route.network.address.value & mask;
      this.#gateway[i] = route.gateway?.value ?? 0;
      this.#direct[i] = route.gateway === undefined ? 1 : 0;
      this.#expires[i] = route.expires ?? Infinity;
    });
  }
}

function sameNetwork(a: Cidr, b: Cidr): boolean {
  const mask = netmask(a.prefixLength);
  return a.prefixLength === b.prefixLength &&
    ((a.address.value ^ b.address.value) & mask) === 0;
}
