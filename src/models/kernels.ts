import { type Attribute, type Binding, type BindingTensor, tensorflowBinding } from './tensorflow';

/**
 * A tensor inside TensorFlow. It lives until it is freed: nothing collects it.
 * tfjs's own Tensor objects are not used on the training path: their bookkeeping (a gradient tape entry, a tidy scope and
 * several JavaScript objects per operation) cost 15 to 30 ms a step, more than the arithmetic of all but the convolutions.
 */
export type Handle = BindingTensor;

// Values of the C API's enums TF_DataType and TF_AttrType; they are part of TensorFlow's binary interface.
const TF_FLOAT = 1;
const TF_INT32 = 3;
const ATTR = { string: 0, int: 1, float: 2, bool: 3, type: 4 } as const;

/** Attributes of TensorFlow operations, to be made once and used at every call. */
export const attribute = {
  string: (name: string, value: string): Attribute => ({ name, type: ATTR.string, value }),
  int: (name: string, value: number | readonly number[]): Attribute => ({ name, type: ATTR.int, value }),
  float: (name: string, value: number): Attribute => ({ name, type: ATTR.float, value }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: ATTR.bool, value }),
  float32: (name = 'T'): Attribute => ({ name, type: ATTR.type, value: TF_FLOAT }),
  int32: (name: string): Attribute => ({ name, type: ATTR.type, value: TF_INT32 }),
};

/** TensorFlow's kernels by name, on handles. `kernels()` gives this process's; `RecordingKernels` writes down what it runs. */
export interface Kernels {
  /** Whether only operations that every build of TensorFlow has are to be run: what runs here is meant to be moved elsewhere. */
  readonly portable: boolean;
  /** Whether this package's own operations are among them (see `useOwnOperations`). */
  readonly own: boolean;
  /** Runs one operation. The caller owns the outputs. */
  run(name: string, attributes: readonly Attribute[], inputs: readonly Handle[], outputs: number): Handle[];
  /** A float32 tensor that may share `data`'s memory: do not change `data` while the tensor lives. */
  float(data: Float32Array, shape: readonly number[]): Handle;
  /** An int32 tensor that may share `data`'s memory: do not change `data` while the tensor lives. */
  int(data: Int32Array, shape: readonly number[]): Handle;
  /** A float32 scalar, made once per value and kept for good: for the few constants of a network. */
  scalar(value: number): Handle;
  /** An int32 vector, made once per content and kept for good: shapes, axes. */
  ints(values: readonly number[]): Handle;
  /** An int32 scalar, made once per value and kept for good. */
  whole(value: number): Handle;
  /** A float32 vector of no elements, kept for good: an argument that an operation does not use. */
  readonly empty: Handle;
  /** A copy of a float32 tensor's values. */
  read(tensor: Handle): Float32Array;
  free(tensor: Handle): void;
  /** Whether operations run on a GPU. */
  readonly onGpu: boolean;
  /** Tensors alive in TensorFlow, those of tfjs included: flat from epoch to epoch, or there is a leak. */
  readonly live: number;
}

/** Every operation runs as soon as it is called. */
class EagerKernels implements Kernels {
  readonly portable = false;
  own = false;
  private readonly constants = new Map<string, Handle>();

  constructor(private readonly binding: Binding) {}

  run(name: string, attributes: readonly Attribute[], inputs: readonly Handle[], outputs: number): Handle[] {
    const ids = new Array<number>(inputs.length);
    for (let i = 0; i < ids.length; i++) ids[i] = inputs[i].id;
    return this.binding.executeOp(name, attributes, ids, outputs);
  }

  float(data: Float32Array, shape: readonly number[]): Handle {
    return { id: this.binding.createTensor(shape, TF_FLOAT, data), shape: [...shape], dtype: TF_FLOAT };
  }

  int(data: Int32Array, shape: readonly number[]): Handle {
    return { id: this.binding.createTensor(shape, TF_INT32, data), shape: [...shape], dtype: TF_INT32 };
  }

  scalar(value: number): Handle {
    return this.constant(`f${value}`, () => this.float(Float32Array.of(value), []));
  }

  ints(values: readonly number[]): Handle {
    return this.constant(`i${values.join()}`, () => this.int(Int32Array.from(values), [values.length]));
  }

  whole(value: number): Handle {
    return this.constant(`w${value}`, () => this.int(Int32Array.of(value), []));
  }

  get empty(): Handle {
    return this.constant('empty', () => this.float(new Float32Array(0), [0]));
  }

  read(tensor: Handle): Float32Array {
    return this.binding.tensorDataSync(tensor.id) as Float32Array;
  }

  free(tensor: Handle): void {
    this.binding.deleteTensor(tensor.id);
  }

  get onGpu(): boolean {
    return this.binding.isUsingGpuDevice();
  }

  get live(): number {
    return this.binding.getNumOfTensors();
  }

  private constant(key: string, make: () => Handle): Handle {
    let handle = this.constants.get(key);
    if (!handle) {
      handle = make();
      this.constants.set(key, handle);
    }
    return handle;
  }
}

let instance: EagerKernels | undefined;

/** This process's kernels. @throws SvpError SVP_E_RUNTIME when TensorFlow does not load */
export function kernels(): Kernels {
  instance ??= new EagerKernels(tensorflowBinding());
  return instance;
}

/**
 * From now on convolutions and batch norm run in this package's own kernels (native/core/training_kernels.cc), which
 * somebody has added to TensorFlow: on the processor they take about half of the time. `false` goes back to TensorFlow's.
 */
export function useOwnOperations(own: boolean): void {
  kernels();
  instance!.own = own;
}
