/**
 * Protobuf messages declared as data; their TypeScript types are inferred from the declaration.
 *
 *     const diagnostic = message({ severity: field(1, severity), summary: field(2, "string"), path: field(4, attributePath) });
 *     type Diagnostic = MessageValue<typeof diagnostic>;
 *
 * proto3 rules: a field that has its default value is not written, an unknown field is passed over, of a field that is
 * sent twice the last one counts.
 */

import {
  type Layout,
  layoutOf,
  type Members,
  type MessageType,
  type ValueOfMembers,
} from "./protobuf-declaration.ts";
import { decodeMessage } from "./protobuf-decode.ts";
import { encodeMessage } from "./protobuf-encode.ts";

/** Declares a message. The members may be given late, for messages that contain themselves. */
export function message<const M extends Members>(members: M | (() => M)): MessageType<ValueOfMembers<M>> {
  let cached: Layout | undefined;
  const layout = (): Layout => {
    cached ??= layoutOf(typeof members === "function" ? members() : members);
    return cached;
  };
  return {
    encode: (value) => encodeMessage(layout(), value),
    // The layout is made from M, so what it reads has M's type; TypeScript cannot follow that through a loop.
    decode: (bytes, depth = 0) => decodeMessage(layout(), bytes, depth) as ValueOfMembers<M>,
  };
}
