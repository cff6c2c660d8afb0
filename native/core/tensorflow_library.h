// The part of TensorFlow's C interface with which kernels are added to it, taken out of the library that the process has
// already loaded. Nothing of TensorFlow is needed to build this, and nothing is loaded that training would not load anyway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace svp {

struct TF_Status;
struct TF_Tensor;
struct TF_OpDefinitionBuilder;
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
struct TF_ShapeInferenceContext;

// Values of the C interface's enums: part of its binary form, as are the signatures below (tensorflow/c/ops.h, kernels.h,
// tf_tensor.h, tf_status.h).
constexpr int kTfFloat = 1;
constexpr int kTfInvalidArgument = 3;
constexpr int kTfInternal = 13;

// One member for each function, named as TensorFlow names it without TF_.
struct TensorflowLibrary {
  TF_Status* (*NewStatus)();
  void (*DeleteStatus)(TF_Status*);
  void (*SetStatus)(TF_Status*, int code, const char* message);
  int (*GetCode)(const TF_Status*);
  const char* (*Message)(const TF_Status*);

  void* (*TensorData)(const TF_Tensor*);
  int (*NumDims)(const TF_Tensor*);
  std::int64_t (*Dim)(const TF_Tensor*, int index);
  void (*DeleteTensor)(TF_Tensor*);

  TF_OpDefinitionBuilder* (*NewOpDefinitionBuilder)(const char* name);
  void (*OpDefinitionBuilderAddAttr)(TF_OpDefinitionBuilder*, const char* spec);
  void (*OpDefinitionBuilderAddInput)(TF_OpDefinitionBuilder*, const char* spec);
  void (*OpDefinitionBuilderAddOutput)(TF_OpDefinitionBuilder*, const char* spec);
  void (*OpDefinitionBuilderSetShapeInferenceFunction)(TF_OpDefinitionBuilder*,
                                                       void (*)(TF_ShapeInferenceContext*, TF_Status*));
  void (*ShapeInferenceContextSetUnknownShape)(TF_ShapeInferenceContext*, TF_Status*);
  void (*RegisterOpDefinition)(TF_OpDefinitionBuilder*, TF_Status*);

  TF_KernelBuilder* (*NewKernelBuilder)(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                        void (*compute)(void*, TF_OpKernelContext*), void (*remove)(void*));
  void (*RegisterKernelBuilder)(const char* name, TF_KernelBuilder*, TF_Status*);

  void (*OpKernelConstruction_GetAttrInt64List)(TF_OpKernelConstruction*, const char* name, std::int64_t* values,
                                                int most, TF_Status*);
  void (*OpKernelConstruction_GetAttrFloat)(TF_OpKernelConstruction*, const char* name, float* value, TF_Status*);
  void (*OpKernelConstruction_GetAttrBool)(TF_OpKernelConstruction*, const char* name, unsigned char* value, TF_Status*);
  void (*OpKernelConstruction_Failure)(TF_OpKernelConstruction*, TF_Status*);

  int (*NumInputs)(TF_OpKernelContext*);
  void (*GetInput)(TF_OpKernelContext*, int index, TF_Tensor** tensor, TF_Status*);
  TF_Tensor* (*AllocateOutput)(TF_OpKernelContext*, int index, int type, const std::int64_t* dims, int rank,
                               std::size_t bytes, TF_Status*);
  void (*OpKernelContext_Failure)(TF_OpKernelContext*, TF_Status*);
};

// The functions of the TensorFlow library at `path`, which must be in this process already.
// Throws Error(device) where it is not, or where it lacks one of them.
TensorflowLibrary tensorflow_library(const std::string& path);

}  // namespace svp
