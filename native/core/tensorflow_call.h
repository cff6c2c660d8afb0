// One call of a kernel inside TensorFlow, as C++: its attributes, inputs and outputs, and errors as exceptions.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/tensorflow_library.h"
#include "svp/error.h"

namespace svp {

// A status of TensorFlow's that throws what it was told.
class Status {
 public:
  explicit Status(const TensorflowLibrary& tf) : tf_(tf), status_(tf.NewStatus()) {}
  ~Status() { tf_.DeleteStatus(status_); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  operator TF_Status*() const { return status_; }
  void check() const {
    if (tf_.GetCode(status_) != 0) throw Error(ErrorCode::device, tf_.Message(status_));
  }
  void fail(int code, const std::string& message) const { tf_.SetStatus(status_, code, message.c_str()); }

 private:
  const TensorflowLibrary& tf_;
  TF_Status* status_;
};

// A tensor of one call, released with it.
class Tensor {
 public:
  Tensor(const TensorflowLibrary& tf, TF_Tensor* tensor) : tf_(&tf), tensor_(tensor) {}
  Tensor(Tensor&& other) noexcept : tf_(other.tf_), tensor_(other.tensor_) { other.tensor_ = nullptr; }
  Tensor& operator=(Tensor&&) = delete;
  ~Tensor() {
    if (tensor_ != nullptr) tf_->DeleteTensor(tensor_);
  }
  float* data() const { return static_cast<float*>(tf_->TensorData(tensor_)); }
  std::vector<std::int64_t> shape() const {
    std::vector<std::int64_t> sides(static_cast<std::size_t>(tf_->NumDims(tensor_)));
    for (std::size_t i = 0; i < sides.size(); i++) sides[i] = tf_->Dim(tensor_, static_cast<int>(i));
    return sides;
  }

 private:
  const TensorflowLibrary* tf_;
  TF_Tensor* tensor_;
};

using Shape = std::vector<std::int64_t>;

[[noreturn]] inline void refuse(const std::string& what) { throw Error(ErrorCode::shape, what); }

inline std::size_t count(const Shape& shape) {
  std::size_t product = 1;
  for (const std::int64_t side : shape) product *= static_cast<std::size_t>(side);
  return product;
}

// The inputs and outputs of one call.
class Call {
 public:
  Call(const TensorflowLibrary& tf, TF_OpKernelContext* context) : tf_(tf), context_(context), status_(tf) {}

  Tensor input(int index) const {
    TF_Tensor* tensor = nullptr;
    tf_.GetInput(context_, index, &tensor, status_);
    status_.check();
    return {tf_, tensor};
  }
  int inputs() const { return tf_.NumInputs(context_); }

  // The input at `index`, if there is one, of this shape: what an operation adds to its result.
  std::vector<Tensor> plus(int index, const Shape& shape) const {
    std::vector<Tensor> found;
    if (inputs() > index) {
      found.push_back(input(index));
      if (found[0].shape() != shape) refuse("what is to be added has another shape than the result");
    }
    return found;
  }

  Tensor output(int index, const Shape& shape) const {
    TF_Tensor* tensor = tf_.AllocateOutput(context_, index, kTfFloat, shape.data(), static_cast<int>(shape.size()),
                                           count(shape) * sizeof(float), status_);
    status_.check();
    return {tf_, tensor};
  }

 private:
  const TensorflowLibrary& tf_;
  TF_OpKernelContext* context_;
  Status status_;
};

// Attributes of an operation, read when TensorFlow makes a kernel of it.
class Attributes {
 public:
  Attributes(const TensorflowLibrary& tf, TF_OpKernelConstruction* construction)
      : tf_(tf), construction_(construction), status_(tf) {}

  template <std::size_t N>
  std::array<std::size_t, N> sizes(const char* name) const {
    std::array<std::int64_t, N> values{};
    tf_.OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), N, status_);
    status_.check();
    std::array<std::size_t, N> sizes{};
    for (std::size_t i = 0; i < N; i++) {
      if (values[i] < 0) refuse(std::string(name) + " may not be negative");
      sizes[i] = static_cast<std::size_t>(values[i]);
    }
    return sizes;
  }
  float number(const char* name) const {
    float value = 0;
    tf_.OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
    status_.check();
    return value;
  }
  bool flag(const char* name) const {
    unsigned char value = 0;
    tf_.OpKernelConstruction_GetAttrBool(construction_, name, &value, status_);
    status_.check();
    return value != 0;
  }

 private:
  const TensorflowLibrary& tf_;
  TF_OpKernelConstruction* construction_;
  Status status_;
};

}  // namespace svp
