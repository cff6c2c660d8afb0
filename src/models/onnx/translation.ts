import { SvpError } from '../../errors';
import type { RecordedGraph, RecordedNode } from '../recording';
import type { FoldingConvolution } from './convolution';
import type { OnnxGraph } from './graph';

const INT32 = 3;

/** The values of a model's weights and running statistics by name. */
export type ArraysByName = ReadonlyMap<string, Float32Array>;

/**
 * What the translation of one operation sees: the recorded node, the names that its inputs have in ONNX, and where to put nodes.
 * Values of four dimensions are batch × channels × height × width in ONNX and batch × height × width × channels in the
 * record; all others are the same in both.
 */
export class Translation {
  /** Names in ONNX by id of the recorded value. */
  private readonly names = new Map<number, string>();
  /** Convolutions whose weights may still change, by the id of their result. */
  readonly folding = new Map<number, FoldingConvolution>();
  private readonly uses: number[];
  private current!: RecordedNode;

  constructor(
    readonly graph: RecordedGraph,
    private readonly arrays: ArraysByName,
    readonly onnx: OnnxGraph,
  ) {
    this.uses = graph.values.map(() => 0);
    for (const { inputs } of graph.nodes) for (const id of inputs) this.uses[id]++;
    for (const id of graph.outputs.values()) this.uses[id]++;
    for (const [name, id] of graph.outputs) if (!this.names.has(id)) this.names.set(id, name);
  }

  /** Goes to the next node. */
  enter(node: RecordedNode): void {
    this.current = node;
  }

  get node(): RecordedNode {
    return this.current;
  }

  /** Whether nothing else uses input i. */
  onlyUse(i: number): boolean {
    return this.uses[this.current.inputs[i]] === 1;
  }

  /** Shape of input i as it was recorded. */
  shape(i: number): readonly number[] {
    return this.graph.values[this.current.inputs[i]].shape;
  }

  /** Shape of result i as it was recorded. */
  resultShape(i = 0): readonly number[] {
    return this.graph.values[this.current.outputs[i]].shape;
  }

  /** The recorded name of input i if it is a weight or a statistic. */
  parameterName(i: number): string {
    return this.graph.values[this.current.inputs[i]].name ?? `${this.current.op}.input${i}`;
  }

  /** The values of input i, which must be known: a constant, a weight, a statistic. */
  data(i: number): Float32Array | Int32Array {
    const { kind, name, data } = this.graph.values[this.current.inputs[i]];
    const known = kind === 'parameter' ? this.arrays.get(name as string) : data;
    if (!known) throw this.cannot(`input ${i} is computed from the images, and its values are needed`);
    return known;
  }

  /** The integers of input i. */
  integers(i: number): number[] {
    return Array.from(this.data(i));
  }

  attribute(name: string): unknown {
    return this.current.attributes.find((attribute) => attribute.name === name)?.value;
  }

  /** Input i by its ONNX name; a constant or weight is stored at its first use. */
  input(i: number): string {
    const id = this.current.inputs[i];
    const known = this.names.get(id);
    if (known !== undefined) return known;
    const { shape, dtype, name } = this.graph.values[id];
    if (shape.length === 4) throw this.cannot(`input ${i} is a stored array of four dimensions`);
    const data = this.data(i);
    const stored = this.onnx.store(
      name ?? 'constant',
      shape,
      dtype === INT32 ? Int32Array.from(data) : Float32Array.from(data),
    );
    this.names.set(id, stored);
    return stored;
  }

  /** The name that result i is to have. */
  result(i = 0): string {
    const id = this.current.outputs[i];
    let name = this.names.get(id);
    if (name === undefined) {
      name = this.onnx.unique(`${this.current.op}`);
      this.names.set(id, name);
    }
    return name;
  }

  /** The ONNX name of a value that is there already. */
  nameOf(id: number): string {
    return this.names.get(id) as string;
  }

  /** Gives a recorded value an ONNX name: for the inputs of the graph. */
  name(id: number, name: string): void {
    this.names.set(id, name);
  }

  /** An error that says which operation has no form in ONNX here. */
  cannot(why: string): SvpError {
    return new SvpError(
      'SVP_E_OPTION',
      `The operation ${this.current.op} cannot be written as ONNX: ${why}.`,
    );
  }
}
