import { types } from 'node:util';
import { SvpError } from '../../errors';
import type { RecordedGraph, RecordedNode } from '../recording';
import { type Initializer, OnnxGraph } from './graph';
import { TRANSLATORS } from './operations';
import { attributeProto, type GraphProto, ONNX_TYPE, type TensorProto, type ValueInfoProto } from './schema';
import { type ArraysByName, Translation } from './translation';

export type InputLayout = 'nchw' | 'nhwc';

/** An ONNX graph whose stored arrays are beside it, so that they can be written into it or into another file. */
export interface TranslatedGraph {
  /** Without initializers. */
  graph: GraphProto;
  initializers: Initializer[];
}

/** The symbolic size of the first dimension of inputs and outputs. */
const BATCH = 'batch';

/**
 * A recorded inference pass as an ONNX graph. One table holds what each operation becomes; batch norm and bias after a
 * convolution become part of it; what no output needs is left out.
 * @param arrays the values of the recorded parameters by name
 * @param layout of image inputs
 * @throws SvpError SVP_E_OPTION, naming the operation, for one that has no translation
 */
export function translate(
  recorded: RecordedGraph,
  arrays: ArraysByName,
  layout: InputLayout,
  name: string,
): TranslatedGraph {
  const inputs = recorded.values.filter(({ kind }) => kind === 'input');
  const onnx = new OnnxGraph([...inputs.map((input) => input.name as string), ...recorded.outputs.keys()]);
  const t = new Translation(recorded, arrays, onnx);
  for (const { id, shape, name } of inputs) {
    const turned = layout === 'nhwc' && shape.length === 4;
    t.name(
      id,
      turned ? onnx.emit('Transpose', [name as string], { perm: { ints: [0, 3, 1, 2] } }) : (name as string),
    );
  }
  for (const node of needed(recorded)) {
    t.enter(node);
    if (!Object.hasOwn(TRANSLATORS, node.op)) throw unknown(node.op);
    TRANSLATORS[node.op](t);
  }
  for (const [name, id] of recorded.outputs) {
    // One value under two names, or an input handed out as it is.
    if (t.nameOf(id) !== name) onnx.emit('Identity', [t.nameOf(id)], {}, name);
  }
  for (const convolution of t.folding.values()) convolution.finish(onnx);

  const info = (name: string, id: number, channelsFirst: boolean): ValueInfoProto => {
    const { shape, dtype } = recorded.values[id];
    const [, ...item] = shape;
    const sides = channelsFirst && item.length === 3 ? [item[2], item[0], item[1]] : item;
    const dim = [{ dimParam: BATCH }, ...sides.map((side) => ({ dimValue: side }))];
    const elemType = dtype === 3 ? ONNX_TYPE.int32 : ONNX_TYPE.float32;
    return { name, type: { tensorType: { elemType, shape: { dim } } } };
  };
  const graph: GraphProto = {
    name,
    node: onnx.nodes.map(({ opType, inputs, outputs, attributes }) => ({
      name: outputs[0],
      opType,
      input: inputs,
      output: outputs,
      attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
    })),
    initializer: [],
    input: inputs.map(({ id, name }) => info(name as string, id, layout === 'nchw')),
    output: [...recorded.outputs].map(([name, id]) => info(name, id, true)),
  };
  return { graph, initializers: onnx.initializers };
}

/** The nodes that some output depends on, in order. */
function needed(recorded: RecordedGraph): RecordedNode[] {
  const wanted = new Set(recorded.outputs.values());
  const kept: RecordedNode[] = [];
  for (const node of [...recorded.nodes].reverse()) {
    if (!node.outputs.some((id) => wanted.has(id))) continue;
    for (const id of node.inputs) wanted.add(id);
    kept.push(node);
  }
  return kept.reverse();
}

function unknown(op: string): SvpError {
  return new SvpError(
    'SVP_E_OPTION',
    `The operation ${op} of this architecture has no translation to ONNX. ` +
      `Known: ${Object.keys(TRANSLATORS).sort().join(', ')}.`,
  );
}

/** A stored array as ONNX writes it, values left out. */
export function tensorHeader({ name, dims, data }: Initializer): TensorProto {
  const dataType = types.isBigInt64Array(data)
    ? ONNX_TYPE.int64
    : types.isInt32Array(data)
      ? ONNX_TYPE.int32
      : ONNX_TYPE.float32;
  return { name, dims: [...dims], dataType };
}
