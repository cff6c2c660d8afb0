#include "core/training_kernels.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "core/tensorflow_call.h"
#include "svp/batch_norm.h"
#include "svp/convolution.h"
#include "svp/error.h"

namespace svp {

namespace {

// Lives to the end of the process: TensorFlow's registry has no way to take a kernel back.
struct Engine {
  Engine(const TensorflowLibrary& library, InstructionSet set, unsigned threads)
      : tf(library), pool(threads), convolution(set, pool), batch_norm(set, pool) {}

  const TensorflowLibrary tf;
  // One operation at a time, whichever thread of Node it comes from.
  std::mutex mutex;
  ThreadPool pool;
  Convolution convolution;
  BatchNorm batch_norm;
};

Engine* engine = nullptr;

const float* data(const std::vector<Tensor>& plus) { return plus.empty() ? nullptr : plus[0].data(); }

Shape dims(std::initializer_list<std::size_t> sides) {
  Shape shape;
  for (const std::size_t side : sides) shape.push_back(static_cast<std::int64_t>(side));
  return shape;
}

// What the three convolutions have in common.
struct ConvolutionKernel {
  explicit ConvolutionKernel(const Attributes& attributes)
      : strides(attributes.sizes<2>("strides")), padding(attributes.sizes<4>("padding")) {
    if (strides[0] == 0 || strides[1] == 0) refuse("a stride must be at least 1");
  }

  ConvolutionShape shape(const Shape& x, std::size_t filter_height, std::size_t filter_width, std::size_t outputs) const {
    ConvolutionShape s;
    s.batch = static_cast<std::size_t>(x[0]);
    s.height = static_cast<std::size_t>(x[1]);
    s.width = static_cast<std::size_t>(x[2]);
    s.inputs = static_cast<std::size_t>(x[3]);
    s.outputs = outputs;
    s.filter_height = filter_height;
    s.filter_width = filter_width;
    s.stride_height = strides[0];
    s.stride_width = strides[1];
    s.top = padding[0];
    s.bottom = padding[1];
    s.left = padding[2];
    s.right = padding[3];
    if (count(x) == 0 || outputs == 0 || filter_height == 0 || filter_width == 0) refuse("an empty convolution");
    if (s.height + s.top + s.bottom < filter_height || s.width + s.left + s.right < filter_width) {
      refuse("the filter is larger than the padded image");
    }
    return s;
  }

  std::array<std::size_t, 2> strides;
  std::array<std::size_t, 4> padding;
};

Shape output_shape(const ConvolutionShape& s) { return dims({s.batch, s.output_height(), s.output_width(), s.outputs}); }

void require_rank(const Tensor& tensor, std::size_t rank, const char* what) {
  if (tensor.shape().size() != rank) refuse(std::string(what) + " must have " + std::to_string(rank) + " dimensions");
}

// x, w (, plus) → y
struct Forward : ConvolutionKernel {
  static constexpr const char* kName = "SvpConv2D";
  using ConvolutionKernel::ConvolutionKernel;
  void compute(const Call& call) const {
    const Tensor x = call.input(0);
    const Tensor w = call.input(1);
    require_rank(x, 4, "x");
    require_rank(w, 4, "the filter");
    const Shape filter = w.shape();
    const ConvolutionShape s = shape(x.shape(), static_cast<std::size_t>(filter[0]), static_cast<std::size_t>(filter[1]),
                                     static_cast<std::size_t>(filter[3]));
    if (filter[2] != x.shape()[3]) refuse("x has another number of channels than the filter takes");
    const std::vector<Tensor> plus = call.plus(2, output_shape(s));
    const Tensor y = call.output(0, output_shape(s));
    engine->convolution.forward(s, x.data(), w.data(), data(plus), y.data());
  }
};

// w, dy (, plus) → dx
struct InputGradient : ConvolutionKernel {
  static constexpr const char* kName = "SvpConv2DInputGradient";
  explicit InputGradient(const Attributes& attributes) : ConvolutionKernel(attributes), size(attributes.sizes<2>("size")) {}
  void compute(const Call& call) const {
    const Tensor w = call.input(0);
    const Tensor dy = call.input(1);
    require_rank(w, 4, "the filter");
    require_rank(dy, 4, "dy");
    const Shape filter = w.shape();
    const Shape in = {dy.shape()[0], static_cast<std::int64_t>(size[0]), static_cast<std::int64_t>(size[1]), filter[2]};
    const ConvolutionShape s = shape(in, static_cast<std::size_t>(filter[0]), static_cast<std::size_t>(filter[1]),
                                     static_cast<std::size_t>(filter[3]));
    if (dy.shape() != output_shape(s)) refuse("dy does not have the shape of the output");
    const std::vector<Tensor> plus = call.plus(2, in);
    const Tensor dx = call.output(0, in);
    engine->convolution.input_gradient(s, w.data(), dy.data(), data(plus), dx.data());
  }
  std::array<std::size_t, 2> size;
};

// x, dy → dw
struct FilterGradient : ConvolutionKernel {
  static constexpr const char* kName = "SvpConv2DFilterGradient";
  explicit FilterGradient(const Attributes& attributes) : ConvolutionKernel(attributes), size(attributes.sizes<2>("size")) {}
  void compute(const Call& call) const {
    const Tensor x = call.input(0);
    const Tensor dy = call.input(1);
    require_rank(x, 4, "x");
    require_rank(dy, 4, "dy");
    const ConvolutionShape s = shape(x.shape(), size[0], size[1], static_cast<std::size_t>(dy.shape()[3]));
    if (dy.shape() != output_shape(s)) refuse("dy does not have the shape of the output");
    const Tensor dw = call.output(0, dims({s.filter_height, s.filter_width, s.inputs, s.outputs}));
    engine->convolution.filter_gradient(s, x.data(), dy.data(), dw.data());
  }
  std::array<std::size_t, 2> size;
};

struct BatchNormKernel {
  explicit BatchNormKernel(const Attributes& attributes)
      : relu(attributes.flag("relu")), epsilon(attributes.number("epsilon")) {}
  BatchNormShape shape(const Tensor& x) const {
    const Shape sides = x.shape();
    if (sides.empty() || count(sides) == 0) refuse("an empty batch norm");
    const std::size_t channels = static_cast<std::size_t>(sides.back());
    return {count(sides) / channels, channels, relu};
  }
  bool relu;
  float epsilon;
};

void require_vector(const Tensor& tensor, const BatchNormShape& s, const char* what) {
  if (tensor.shape() != dims({s.channels})) refuse(std::string(what) + " must have one value for each channel");
}

// x, γ, β, running mean, running variance → y, the running statistics after it, the batch's mean and biased variance
struct Normalise : BatchNormKernel {
  static constexpr const char* kName = "SvpBatchNorm";
  explicit Normalise(const Attributes& attributes) : BatchNormKernel(attributes), factor(attributes.number("factor")) {}
  void compute(const Call& call) const {
    const Tensor x = call.input(0);
    const BatchNormShape s = shape(x);
    const std::array<Tensor, 4> vectors = {call.input(1), call.input(2), call.input(3), call.input(4)};
    for (const Tensor& vector : vectors) require_vector(vector, s, "each of γ, β and the running statistics");
    const Tensor y = call.output(0, x.shape());
    const Shape channels = dims({s.channels});
    const std::array<Tensor, 4> out = {call.output(1, channels), call.output(2, channels), call.output(3, channels),
                                       call.output(4, channels)};
    const float* mean = out[2].data();
    const float* variance = out[3].data();
    engine->batch_norm.statistics(s, x.data(), out[2].data(), out[3].data());
    // The running variance is of the unbiased kind.
    const double n = static_cast<double>(s.pixels);
    const float unbiased = static_cast<float>(n / std::max(1.0, n - 1));
    for (std::size_t c = 0; c < s.channels; c++) {
      out[0].data()[c] = (1 - factor) * vectors[2].data()[c] + factor * mean[c];
      out[1].data()[c] = (1 - factor) * vectors[3].data()[c] + factor * (variance[c] * unbiased);
    }
    engine->batch_norm.normalise(s, x.data(), mean, variance, vectors[0].data(), vectors[1].data(), epsilon, y.data());
  }
  float factor;
};

// dy, x, γ, β, mean, variance (, plus) → dx, dγ, dβ
struct NormaliseGradient : BatchNormKernel {
  static constexpr const char* kName = "SvpBatchNormGradient";
  using BatchNormKernel::BatchNormKernel;
  void compute(const Call& call) const {
    const Tensor dy = call.input(0);
    const Tensor x = call.input(1);
    const BatchNormShape s = shape(x);
    if (dy.shape() != x.shape()) refuse("dy does not have the shape of x");
    const std::array<Tensor, 4> vectors = {call.input(2), call.input(3), call.input(4), call.input(5)};
    for (const Tensor& vector : vectors) require_vector(vector, s, "each of γ, β, mean and variance");
    const std::vector<Tensor> plus = call.plus(6, x.shape());
    const Tensor dx = call.output(0, x.shape());
    const Tensor dgamma = call.output(1, dims({s.channels}));
    const Tensor dbeta = call.output(2, dims({s.channels}));
    engine->batch_norm.gradient(s, dy.data(), x.data(), vectors[2].data(), vectors[3].data(), vectors[0].data(),
                                vectors[1].data(), epsilon, data(plus), dx.data(), dgamma.data(), dbeta.data());
  }
};

template <typename Kernel>
void* create(TF_OpKernelConstruction* construction) {
  const Status status(engine->tf);
  try {
    return new Kernel(Attributes(engine->tf, construction));
  } catch (const std::exception& error) {
    status.fail(kTfInvalidArgument, std::string(Kernel::kName) + ": " + error.what());
    engine->tf.OpKernelConstruction_Failure(construction, status);
    return nullptr;
  }
}

template <typename Kernel>
void compute(void* kernel, TF_OpKernelContext* context) {
  const Status status(engine->tf);
  try {
    const std::lock_guard<std::mutex> one(engine->mutex);
    static_cast<const Kernel*>(kernel)->compute(Call(engine->tf, context));
  } catch (const Error& error) {
    status.fail(kTfInvalidArgument, std::string(Kernel::kName) + ": " + error.what());
    engine->tf.OpKernelContext_Failure(context, status);
  } catch (const std::exception& error) {
    status.fail(kTfInternal, std::string(Kernel::kName) + ": " + error.what());
    engine->tf.OpKernelContext_Failure(context, status);
  }
}

template <typename Kernel>
void remove(void* kernel) {
  delete static_cast<Kernel*>(kernel);
}

struct Signature {
  std::vector<const char*> attributes, inputs, outputs;
};

template <typename Kernel>
void add(const Signature& signature) {
  const TensorflowLibrary& tf = engine->tf;
  const Status status(tf);
  TF_OpDefinitionBuilder* definition = tf.NewOpDefinitionBuilder(Kernel::kName);
  for (const char* spec : signature.attributes) tf.OpDefinitionBuilderAddAttr(definition, spec);
  for (const char* spec : signature.inputs) tf.OpDefinitionBuilderAddInput(definition, spec);
  for (const char* spec : signature.outputs) tf.OpDefinitionBuilderAddOutput(definition, spec);
  tf.OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext* context, TF_Status* into) {
    engine->tf.ShapeInferenceContextSetUnknownShape(context, into);
  });
  tf.RegisterOpDefinition(definition, status);
  status.check();
  tf.RegisterKernelBuilder(Kernel::kName,
                           tf.NewKernelBuilder(Kernel::kName, "CPU", create<Kernel>, compute<Kernel>, remove<Kernel>),
                           status);
  status.check();
}

const char* const kPlus = "plus: N * float";
const char* const kPlusCount = "N: int >= 0";

void add_all() {
  add<Forward>({{"strides: list(int)", "padding: list(int)", kPlusCount}, {"x: float", "w: float", kPlus}, {"y: float"}});
  add<InputGradient>({{"strides: list(int)", "padding: list(int)", "size: list(int)", kPlusCount},
                      {"w: float", "dy: float", kPlus},
                      {"dx: float"}});
  add<FilterGradient>(
      {{"strides: list(int)", "padding: list(int)", "size: list(int)"}, {"x: float", "dy: float"}, {"dw: float"}});
  add<Normalise>({{"relu: bool", "epsilon: float", "factor: float"},
                  {"x: float", "gamma: float", "beta: float", "running_mean: float", "running_variance: float"},
                  {"y: float", "new_mean: float", "new_variance: float", "mean: float", "variance: float"}});
  add<NormaliseGradient>({{"relu: bool", "epsilon: float", kPlusCount},
                          {"dy: float", "x: float", "gamma: float", "beta: float", "mean: float", "variance: float", kPlus},
                          {"dx: float", "dgamma: float", "dbeta: float"}});
}

}  // namespace

void register_training_kernels(const std::string& path, InstructionSet set, unsigned threads) {
  static std::mutex once;
  const std::lock_guard<std::mutex> guard(once);
  static std::string failure;
  if (!failure.empty()) throw Error(ErrorCode::device, failure);
  if (engine != nullptr) return;
  const TensorflowLibrary library = tensorflow_library(path);
  engine = new Engine(library, set, threads);
  try {
    add_all();
  } catch (const Error& error) {
    // Half of the operations may be there: nobody is to call them, and they cannot be added twice.
    failure = error.what();
    throw;
  }
}

}  // namespace svp
