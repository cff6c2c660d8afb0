/** Small ONNX models for tests, written field by field (onnx.proto, IR 8, opset 17), and what they compute, in float64. */

export type Field = [number: number, value: number | string | Uint8Array];

/** A protobuf message: numbers as varints, strings and bytes with their length. */
export function message(...fields: Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [field, value] of fields) {
    if (typeof value === 'number') parts.push(varint(field * 8), varint(value));
    else {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      parts.push(varint(field * 8 + 2), varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

const TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10, float64: 11 } as const;
export type ElementType = keyof typeof TYPES;

/** A tensor of the graph: weights. */
export function tensor(
  name: string,
  dims: number[],
  data: Float32Array | BigInt64Array,
  extra: Field[] = [],
): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const type = data instanceof Float32Array ? TYPES.float32 : TYPES.int64;
  const where: Field[] = extra.length > 0 ? extra : [[9, raw]];
  return message(...dims.map((dim): Field => [1, dim]), [2, type], [8, name], ...where);
}

/** Fields of a tensor whose values lie in another file. */
export function external(location: string, length: number): Field[] {
  const entry = (key: string, value: string): Field => [13, message([1, key], [2, value])];
  return [entry('location', location), entry('offset', '0'), entry('length', String(length)), [14, 1]];
}

export function node(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Uint8Array[] = [],
): Uint8Array {
  return message(
    ...inputs.map((name): Field => [1, name]),
    ...outputs.map((name): Field => [2, name]),
    [4, op],
    ...attributes.map((attribute): Field => [5, attribute]),
  );
}

/** A whole-number attribute of a node. */
export const whole = (name: string, value: number) => message([1, name], [3, value], [20, 2]);

export function value(name: string, type: ElementType, shape: (number | string)[]): Uint8Array {
  const dims = shape.map(
    (dim): Field => [1, typeof dim === 'number' ? message([1, dim]) : message([2, dim])],
  );
  return message([1, name], [2, message([1, message([1, TYPES[type]], [2, message(...dims)])])]);
}

export interface Graph {
  nodes: Uint8Array[];
  inputs: Uint8Array[];
  outputs: Uint8Array[];
  weights: Uint8Array[];
  metadata?: Record<string, string>;
}

export function model({ nodes, inputs, outputs, weights, metadata = {} }: Graph): Uint8Array {
  const graph = message(
    ...nodes.map((part): Field => [1, part]),
    [2, 'test'],
    ...weights.map((part): Field => [5, part]),
    ...inputs.map((part): Field => [11, part]),
    ...outputs.map((part): Field => [12, part]),
  );
  return message(
    [1, 8],
    [2, 'tests'],
    [7, graph],
    [8, message([1, ''], [2, 17])],
    ...Object.entries(metadata).map(([key, text]): Field => [14, message([1, key], [2, text])]),
  );
}

/** Weights that are the same in every test: a cheap hash of the place. */
export function weights(rows: number, columns: number, seed: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const mixed = Math.imul(i * 4 + seed + 1, 0x9e3779b1) >>> 0;
    return (mixed / 2 ** 32 - 0.5) / Math.sqrt(rows);
  });
}

export interface ClassifierOptions {
  /** Of one item. */
  shape: (number | string)[];
  /** Values of one item, where `shape` leaves sizes open. */
  length?: number;
  classes?: number;
  features?: number;
  batch?: number | string;
  type?: ElementType;
  /** Names of the outputs. */
  names?: { logits: string; features: string };
  metadata?: Record<string, string>;
  /** More linear layers of features × features between: time. */
  layers?: number;
  /** Where the first weights lie, in another file. */
  external?: (name: string, data: Float32Array) => Field[];
}

/** relu(flatten(x) · W) are the features, features · V the logits. */
export function classifier(o: ClassifierOptions): Uint8Array {
  const { classes = 5, features = 8, batch = 'batch', type = 'float32', layers = 0 } = o;
  const names = o.names ?? { logits: 'logits', features: 'features' };
  const length = o.length ?? o.shape.reduce((a: number, b) => a * Number(b), 1);
  const first = weights(length, features, 1);
  const nodes = [node('Flatten', ['input'], ['rows'], [whole('axis', 1)])];
  let rows = 'rows';
  if (type !== 'float32') {
    nodes.push(node('Cast', ['rows'], ['cast'], [whole('to', TYPES.float32)]));
    rows = 'cast';
  }
  nodes.push(node('MatMul', [rows, 'w'], ['hidden0']));
  for (let i = 0; i < layers; i++) {
    nodes.push(node('MatMul', [`hidden${i}`, 'square'], [`hidden${i + 1}`]));
  }
  nodes.push(node('Relu', [`hidden${layers}`], [names.features]));
  nodes.push(node('MatMul', [names.features, 'v'], [names.logits]));
  return model({
    nodes,
    inputs: [value('input', type, [batch, ...o.shape])],
    outputs: [
      value(names.logits, 'float32', [batch, classes]),
      value(names.features, 'float32', [batch, features]),
    ],
    weights: [
      tensor('w', [length, features], first, o.external?.('w', first) ?? []),
      tensor('v', [features, classes], weights(features, classes, 2)),
      ...(layers > 0 ? [tensor('square', [features, features], weights(features, features, 3))] : []),
    ],
    metadata: o.metadata ?? {},
  });
}

/** What `classifier` computes for one item, in float64. */
export function classify(
  item: ArrayLike<number>,
  { classes = 5, features = 8 }: Pick<ClassifierOptions, 'classes' | 'features'> = {},
): { logits: number[]; features: number[] } {
  const w = weights(item.length, features, 1);
  const v = weights(features, classes, 2);
  const hidden = Array.from({ length: features }, (_, f) => {
    let sum = 0;
    for (let i = 0; i < item.length; i++) sum += item[i] * w[i * features + f];
    return Math.max(0, sum);
  });
  const logits = Array.from({ length: classes }, (_, c) =>
    hidden.reduce((sum, h, f) => sum + h * v[f * classes + c], 0),
  );
  return { logits, features: hidden };
}
