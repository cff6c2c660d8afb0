#include "core/tensorflow_library.h"

#include "svp/error.h"

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

namespace svp {

#if defined(_WIN32)
TensorflowLibrary tensorflow_library(const std::string&) {
  throw Error(ErrorCode::device, "On Windows TensorFlow keeps its own kernels; in WSL this package's are used.");
}
#else
TensorflowLibrary tensorflow_library(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) {
    throw Error(ErrorCode::device, "TensorFlow's library " + path + " is not loaded in this process.");
  }
  TensorflowLibrary tf;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
    if (function == nullptr) throw Error(ErrorCode::device, path + " has no " + name + ".");
  };
#define SVP_FIND(name) find(tf.name, "TF_" #name)
  SVP_FIND(NewStatus);
  SVP_FIND(DeleteStatus);
  SVP_FIND(SetStatus);
  SVP_FIND(GetCode);
  SVP_FIND(Message);
  SVP_FIND(TensorData);
  SVP_FIND(NumDims);
  SVP_FIND(Dim);
  SVP_FIND(DeleteTensor);
  SVP_FIND(NewOpDefinitionBuilder);
  SVP_FIND(OpDefinitionBuilderAddAttr);
  SVP_FIND(OpDefinitionBuilderAddInput);
  SVP_FIND(OpDefinitionBuilderAddOutput);
  SVP_FIND(OpDefinitionBuilderSetShapeInferenceFunction);
  SVP_FIND(ShapeInferenceContextSetUnknownShape);
  SVP_FIND(RegisterOpDefinition);
  SVP_FIND(NewKernelBuilder);
  SVP_FIND(RegisterKernelBuilder);
  SVP_FIND(OpKernelConstruction_GetAttrInt64List);
  SVP_FIND(OpKernelConstruction_GetAttrFloat);
  SVP_FIND(OpKernelConstruction_GetAttrBool);
  SVP_FIND(OpKernelConstruction_Failure);
  SVP_FIND(NumInputs);
  SVP_FIND(GetInput);
  SVP_FIND(AllocateOutput);
  SVP_FIND(OpKernelContext_Failure);
#undef SVP_FIND
  return tf;  // the handle is kept: TensorFlow stays loaded to the end of the process
}
#endif

}  // namespace svp
