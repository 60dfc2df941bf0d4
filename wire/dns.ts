/**
 * The Domain Name System: messages of
 * [RFC 1035](https://www.rfc-editor.org/rfc/rfc1035), which multicast DNS
 * ([RFC 6762](https://www.rfc-editor.org/rfc/rfc6762)) and LLMNR
 * ([RFC 4795](https://www.rfc-editor.org/rfc/rfc4795)) share.
 *
 * A `View` is the header; `Questions` and `Records` walk over what follows. Each
 * type of record has a class for its data, such as `Mx`; data of other types stay
 * opaque ([RFC 3597](https://www.rfc-editor.org/rfc/rfc3597)). A `Writer` builds
 * messages, with compression.
 *
 * ```ts
 * import { dns } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(512));
 * const name = dns.parseName("_sip._udp.example.com");
 * const { ANSWER } = dns.Section;
 * const writer = new dns.Writer();
 * writer.begin(view, 0, 512);
 * writer.header.id = 4711;
 * writer.header.isResponse = true;
 * writer.question(name, dns.Type.SRV);
 * const host = dns.parseName("sip.example.com");
 * assertEquals(writer.srv(ANSWER, name, 60, 1, 10, 5060, host), "written");
 *
 * const message = new dns.View(view, 0, writer.length);
 * assertEquals(message.check(), undefined);
 * const questions = new dns.Questions().over(message);
 * assert(questions.next());
 * assert(questions.name.matches(dns.parseName("_SIP._UDP.Example.Com.")));
 * const records = new dns.Records().over(message);
 * assert(records.next());
 * const service = new dns.Srv().over(records);
 * assertEquals(service.check(), undefined);
 * assertEquals(`${service.target}`, "sip.example.com.");
 * assertEquals(service.port, 5060);
 * assert(!records.next());
 * assertEquals(records.reason, undefined);
 * ```
 *
 * @module
 */

export * from "./dns_message.ts";
export * from "./dns_name.ts";
export * from "./dns_numbers.ts";
export * from "./dns_options.ts";
export * from "./dns_records.ts";
export * from "./dns_repr.ts";
export * from "./dns_writer.ts";
