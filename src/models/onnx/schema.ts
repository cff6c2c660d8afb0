import type * as protobuf from 'protobufjs';

/** Values of TensorProto.DataType. */
export const ONNX_TYPE = Object.freeze({ float32: 1, int32: 6, int64: 7 });

/** Values of AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = Object.freeze({ f: 1, i: 2, s: 3, floats: 6, ints: 7 });

/** Value of TensorProto.DataLocation. */
export const EXTERNAL = 1;

export interface StringEntry {
  key: string;
  value: string;
}

export interface TensorProto {
  name: string;
  dims: number[];
  dataType: number;
  /** Little-endian, row-major. */
  rawData?: Uint8Array;
  /** 'location', 'offset', 'length' of the values in another file. */
  externalData?: StringEntry[];
  dataLocation?: number;
}

export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  floats?: number[];
  ints?: number[];
}

export interface NodeProto {
  name: string;
  opType: string;
  input: string[];
  output: string[];
  attribute: AttributeProto[];
}

export interface ValueInfoProto {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue?: number; dimParam?: string }[] } } };
}

export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

export interface ModelProto {
  irVersion: number;
  opsetImport: { domain: string; version: number }[];
  producerName: string;
  producerVersion: string;
  graph: GraphProto;
  metadataProps: StringEntry[];
}

const optional = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });

/**
 * The messages of onnx.proto that a model of float arrays needs, by their published field numbers; a reader skips fields
 * that are not listed. Enums are int32 here: the same bytes.
 */
const MESSAGES = {
  ModelProto: {
    irVersion: optional('int64', 1),
    producerName: optional('string', 2),
    producerVersion: optional('string', 3),
    graph: optional('GraphProto', 7),
    opsetImport: repeated('OperatorSetIdProto', 8),
    metadataProps: repeated('StringStringEntryProto', 14),
  },
  OperatorSetIdProto: { domain: optional('string', 1), version: optional('int64', 2) },
  StringStringEntryProto: { key: optional('string', 1), value: optional('string', 2) },
  GraphProto: {
    node: repeated('NodeProto', 1),
    name: optional('string', 2),
    initializer: repeated('TensorProto', 5),
    input: repeated('ValueInfoProto', 11),
    output: repeated('ValueInfoProto', 12),
  },
  NodeProto: {
    input: repeated('string', 1),
    output: repeated('string', 2),
    name: optional('string', 3),
    opType: optional('string', 4),
    attribute: repeated('AttributeProto', 5),
  },
  AttributeProto: {
    name: optional('string', 1),
    f: optional('float', 2),
    i: optional('int64', 3),
    s: optional('bytes', 4),
    floats: repeated('float', 7),
    ints: repeated('int64', 8),
    type: optional('int32', 20),
  },
  TensorProto: {
    dims: repeated('int64', 1),
    dataType: optional('int32', 2),
    name: optional('string', 8),
    rawData: optional('bytes', 9),
    externalData: repeated('StringStringEntryProto', 13),
    dataLocation: optional('int32', 14),
  },
  ValueInfoProto: { name: optional('string', 1), type: optional('TypeProto', 2) },
  TypeProto: { tensorType: optional('TensorTypeProto', 1) },
  TensorTypeProto: { elemType: optional('int32', 1), shape: optional('TensorShapeProto', 2) },
  TensorShapeProto: { dim: repeated('DimensionProto', 1) },
  // A union in the original: only one of the two is ever set.
  DimensionProto: { dimValue: optional('int64', 1), dimParam: optional('string', 2) },
};

let messages: protobuf.Root | undefined;

function messageType(name: keyof typeof MESSAGES): protobuf.Type {
  if (!messages) {
    const { Root } = require('protobufjs') as typeof protobuf;
    const nested = Object.fromEntries(Object.entries(MESSAGES).map(([key, fields]) => [key, { fields }]));
    messages = Root.fromJSON({ nested } as protobuf.INamespace);
  }
  return messages.lookupType(name);
}

/** A model as the bytes of an .onnx file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return messageType('ModelProto').encode(model).finish();
}

/**
 * An .onnx file's bytes as a model; fields that this package does not use are left out, absent ones have empty values.
 * @throws Error of protobufjs for bytes that are no protocol buffer
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const type = messageType('ModelProto');
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true, defaults: false }) as ModelProto;
}

/** The value of one attribute of a node; which field is set says of what type it is. */
export type AttributeValue =
  | { f: number }
  | { i: number }
  | { s: string }
  | { floats: readonly number[] }
  | { ints: readonly number[] };

export function attributeProto(name: string, value: AttributeValue): AttributeProto {
  const [field] = Object.keys(value) as (keyof typeof ATTRIBUTE_TYPE)[];
  const fields = 's' in value ? { s: Buffer.from(value.s) } : (value as Partial<AttributeProto>);
  return { name, type: ATTRIBUTE_TYPE[field], ...fields };
}
