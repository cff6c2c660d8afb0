// Reading the arguments that src/native passes. The TypeScript wrappers have validated for the user's sake already;
// these checks keep a mistake there from becoming a read outside an array. All throw Error(shape) or Error(option).
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "svp/device_choice.h"
#include "svp/instruction_set.h"
#include "svp/view.h"

namespace svp::binding {

class Job;

template <typename T>
struct Span {
  T* data;
  std::size_t length;
};

// Typed-array views, byteOffset honoured, SharedArrayBuffer allowed. The job keeps the array alive; a synchronous
// operation, whose caller does that, passes no job.
Span<float> float32_argument(Job* job, const Napi::Value& value, const char* what);
Span<double> float64_argument(Job* job, const Napi::Value& value, const char* what);
Span<std::uint32_t> uint32_argument(Job* job, const Napi::Value& value, const char* what);
Span<std::uint16_t> uint16_argument(Job* job, const Napi::Value& value, const char* what);
Span<std::uint8_t> uint8_argument(Job* job, const Napi::Value& value, const char* what);

// Throws unless `length` values are rows × columns.
void require_matrix(std::size_t length, std::size_t rows, std::size_t columns, const char* what);
// A float32 array with its row and column counts: the lengths must agree.
MatrixView matrix_argument(Job* job, const Napi::Value& data, const Napi::Value& rows, const Napi::Value& columns,
                           const char* what);

// A whole number from 0 to 2^53 − 1.
std::size_t size_argument(const Napi::Value& value, const char* what);
// Threads: a whole number from 0 (all processors) to 1024.
unsigned threads_argument(const Napi::Value& value);
// The name of an instruction set; empty: what the environment or else the processor decides.
InstructionSet instruction_set_argument(const Napi::Value& value);
// { device, library, settings }, all strings; a device that cannot be one is an Error(option).
DeviceChoice device_argument(const Napi::Value& value);
bool boolean_argument(const Napi::Value& value, const char* what);
std::string string_argument(const Napi::Value& value, const char* what);
// A Uint32Array copied, for lists that are short beside the features.
std::vector<std::uint32_t> copied_rows(const Napi::Value& value, const char* what);

}  // namespace svp::binding
