// What Fedify 2.3 expects of the runtime and Node 20 lacks; and its log, warnings and worse, on stderr.
import { Temporal } from "@js-temporal/polyfill";
import { configure, getStreamSink } from "@logtape/logtape";
import { Writable } from "node:stream";

globalThis.navigator ??= {};
globalThis.Temporal ??= Temporal;

await configure({
  sinks: { stderr: getStreamSink(Writable.toWeb(process.stderr)) },
  loggers: [
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    { category: "fedify", lowestLevel: process.env.FEDIFY_LOG ?? "warning", sinks: ["stderr"] },
  ],
});
