import type * as protobuf from 'protobufjs';

/** One event of TensorBoard: what happened at one step. One of the three contents. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  wallTime: number;
  step?: number;
  fileVersion?: string;
  sessionLog?: { status: number };
  summary?: { value: { tag: string; simpleValue: number }[] };
}

/** First event of every file; from this version on readers heed session starts. */
export const FILE_VERSION = 'brain.Event:2';

/** SessionLog.status: a training starts, or starts again, at the event's step; what was logged from there on is void. */
export const SESSION_START = 1;

// Of the messages as TensorBoard defines them, the fields that scalars need, under the numbers that they have there.
const MESSAGES: Record<string, protobuf.IType> = {
  Event: {
    fields: {
      wallTime: { type: 'double', id: 1 },
      step: { type: 'int64', id: 2 },
      fileVersion: { type: 'string', id: 3 },
      summary: { type: 'Summary', id: 5 },
      sessionLog: { type: 'SessionLog', id: 7 },
    },
  },
  SessionLog: { fields: { status: { type: 'int32', id: 1 } } },
  Summary: { fields: { value: { rule: 'repeated', type: 'Value', id: 1 } } },
  Value: {
    fields: { tag: { type: 'string', id: 1 }, simpleValue: { type: 'float', id: 2 } },
    // One of several kinds of content: so a scalar that is 0 is written too.
    oneofs: { value: { oneof: ['simpleValue'] } },
  },
};

let messages: protobuf.Root | undefined;

/** An event as the bytes of a protocol buffer; scalars are rounded to float32, as TensorBoard keeps them. */
export function encodeEvent(event: TensorBoardEvent): Uint8Array {
  if (!messages) {
    const { Root } = require('protobufjs') as typeof protobuf;
    messages = Root.fromJSON({ nested: MESSAGES });
  }
  return messages.lookupType('Event').encode(event).finish();
}
