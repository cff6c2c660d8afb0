import type { AttributeValue } from './schema';

/** A stored array of an ONNX graph. */
export interface Initializer {
  name: string;
  dims: readonly number[];
  /** int64 values as BigInt64Array. */
  data: Float32Array | Int32Array | BigInt64Array;
}

export interface OnnxNode {
  readonly opType: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: Record<string, AttributeValue>;
}

/** An ONNX graph under construction: nodes in topological order, stored arrays, and names that are unique. */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  private readonly taken = new Set<string>();

  /** @param reserved names of inputs and outputs */
  constructor(reserved: Iterable<string>) {
    for (const name of reserved) this.taken.add(name);
  }

  /** `wanted`, or with a number behind it if that is taken. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.taken.has(name); i++) name = `${wanted}_${i}`;
    this.taken.add(name);
    return name;
  }

  /** Adds a node with one output and gives the output's name. */
  emit(
    opType: string,
    inputs: string[],
    attributes: Record<string, AttributeValue> = {},
    output = this.unique(opType),
  ): string {
    this.emitTo([output], opType, inputs, attributes);
    return output;
  }

  /** Adds a node with the outputs of these names. */
  emitTo(
    outputs: string[],
    opType: string,
    inputs: string[],
    attributes: Record<string, AttributeValue> = {},
  ): void {
    this.nodes.push({ opType, inputs, outputs, attributes });
  }

  /** Adds a stored array and gives its name. */
  store(name: string, dims: readonly number[], data: Initializer['data']): string {
    const unique = this.unique(name);
    this.initializers.push({ name: unique, dims, data });
    return unique;
  }

  /** Adds a stored vector of int64: a shape, axes. */
  storeInts(name: string, values: readonly number[]): string {
    return this.store(name, [values.length], BigInt64Array.from(values, BigInt));
  }
}
