import { types } from 'node:util';
import type { Handle, Kernels } from './kernels';
import type { Attribute } from './tensorflow';

/** Where a value of a graph comes from. */
export type ValueKind =
  /** Given anew at every run: images, labels, a learning rate. */
  | 'input'
  /** The model's own, by name: a weight, a running statistic, a velocity. */
  | 'parameter'
  /** The same at every run; `data` holds it. */
  | 'constant'
  /** What a node gives. */
  | 'result';

/** One tensor of a recorded graph. */
export interface RecordedValue {
  /** Its place in `RecordedGraph.values`. */
  readonly id: number;
  kind: ValueKind;
  /** Of inputs and parameters. */
  name?: string;
  /** As it was when it was recorded, the batch included. */
  readonly shape: readonly number[];
  /** TensorFlow's TF_DataType: 1 float32, 3 int32. */
  readonly dtype: number;
  /** Of constants: all values, row-major. */
  data?: Float32Array | Int32Array;
  /** Of results: the node's place in `RecordedGraph.nodes`, and which of its outputs this is. */
  readonly node?: number;
  readonly output?: number;
}

/** One operation that was run. */
export interface RecordedNode {
  /** TensorFlow's name: 'Conv2D'. */
  readonly op: string;
  readonly attributes: readonly Attribute[];
  /** Ids of values. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Operations in the order in which they ran, over values: an acyclic graph in topological order. */
export interface RecordedGraph {
  readonly nodes: readonly RecordedNode[];
  readonly values: readonly RecordedValue[];
  /** The values that were marked as results of the whole, by name. */
  readonly outputs: ReadonlyMap<string, number>;
}

/**
 * Kernels that run every operation and write it down: run a pass of a network, or a whole training step, on these and
 * `graph()` is that pass as data, from which it can be written in another system's form. Since everything runs, every shape
 * is the true one, and nothing has to be inferred.
 *
 * Handles are the handles of the kernels beneath, so tensors of both may be mixed. A tensor that was made elsewhere and
 * was not declared becomes a constant with the values that it has when it is first used. A freed tensor stays known.
 */
export class RecordingKernels implements Kernels {
  /** What is recorded is meant to be run elsewhere. */
  readonly portable = true;
  readonly own = false;
  private readonly nodes: RecordedNode[] = [];
  private readonly values: RecordedValue[] = [];
  private readonly outputs = new Map<string, number>();
  /** By the handle itself: TensorFlow's numbers may come again after a tensor was freed. */
  private readonly known = new Map<Handle, RecordedValue>();

  constructor(private readonly base: Kernels) {}

  /** Says what a tensor is: an input of the graph or a parameter of the model. Also after it was used. */
  declare(tensor: Handle, kind: 'input' | 'parameter', name: string): Handle {
    const value = this.known.get(tensor) ?? this.note(tensor, kind);
    value.kind = kind;
    value.name = name;
    delete value.data;
    return tensor;
  }

  /** Marks a tensor as a result of the whole graph. */
  output(name: string, tensor: Handle): Handle {
    this.outputs.set(name, this.idOf(tensor));
    return tensor;
  }

  /** The value that a tensor is in the graph. */
  idOf(tensor: Handle): number {
    return (this.known.get(tensor) ?? this.constant(tensor, this.base.read(tensor))).id;
  }

  /** What was recorded so far. */
  graph(): RecordedGraph {
    return { nodes: [...this.nodes], values: [...this.values], outputs: new Map(this.outputs) };
  }

  run(name: string, attributes: readonly Attribute[], inputs: readonly Handle[], outputs: number): Handle[] {
    const ids = inputs.map((input) => this.idOf(input));
    const made = this.base.run(name, attributes, inputs, outputs);
    const node = this.nodes.length;
    const results = made.map((handle, output) => this.note(handle, 'result', { node, output }).id);
    this.nodes.push({ op: name, attributes, inputs: ids, outputs: results });
    return made;
  }

  float(data: Float32Array, shape: readonly number[]): Handle {
    const tensor = this.base.float(data, shape);
    this.constant(tensor, data);
    return tensor;
  }

  int(data: Int32Array, shape: readonly number[]): Handle {
    const tensor = this.base.int(data, shape);
    this.constant(tensor, data);
    return tensor;
  }

  scalar(value: number): Handle {
    return this.kept(this.base.scalar(value), () => Float32Array.of(value));
  }

  ints(values: readonly number[]): Handle {
    return this.kept(this.base.ints(values), () => Int32Array.from(values));
  }

  whole(value: number): Handle {
    return this.kept(this.base.whole(value), () => Int32Array.of(value));
  }

  get empty(): Handle {
    return this.kept(this.base.empty, () => new Float32Array(0));
  }

  read(tensor: Handle): Float32Array {
    return this.base.read(tensor);
  }

  free(tensor: Handle): void {
    this.base.free(tensor);
  }

  get onGpu(): boolean {
    return this.base.onGpu;
  }

  get live(): number {
    return this.base.live;
  }

  private note(tensor: Handle, kind: ValueKind, more: Partial<RecordedValue> = {}): RecordedValue {
    const value = { id: this.values.length, kind, shape: [...tensor.shape], dtype: tensor.dtype, ...more };
    this.values.push(value);
    this.known.set(tensor, value);
    return value;
  }

  /** The values are copied: a caller may use the array again once the tensor is freed. */
  private constant(tensor: Handle, data: Float32Array | Int32Array): RecordedValue {
    const copy = types.isInt32Array(data) ? Int32Array.from(data) : Float32Array.from(data);
    return this.note(tensor, 'constant', { data: copy });
  }

  private kept(tensor: Handle, data: () => Float32Array | Int32Array): Handle {
    if (!this.known.has(tensor)) this.constant(tensor, data());
    return tensor;
  }
}
