#include "binding/arguments.h"

#include <cmath>
#include <string>

#include "binding/job.h"
#include "svp/error.h"

namespace svp::binding {

namespace {

template <typename T>
Span<T> typed_argument(Job* job, const Napi::Value& value, napi_typedarray_type wanted, const char* type,
                       const char* what) {
  if (!value.IsTypedArray()) throw Error(ErrorCode::shape, std::string(what) + " must be a " + type + ".");
  napi_typedarray_type actual;
  std::size_t length;
  void* data;
  // The raw call, because it gives the address with byteOffset applied and accepts a SharedArrayBuffer.
  if (napi_get_typedarray_info(value.Env(), value, &actual, &length, &data, nullptr, nullptr) != napi_ok ||
      actual != wanted) {
    throw Error(ErrorCode::shape, std::string(what) + " must be a " + type + ".");
  }
  if (job != nullptr) job->keep(value.As<Napi::Object>());
  return {static_cast<T*>(data), length};
}

}  // namespace

Span<float> float32_argument(Job* job, const Napi::Value& value, const char* what) {
  return typed_argument<float>(job, value, napi_float32_array, "Float32Array", what);
}

Span<double> float64_argument(Job* job, const Napi::Value& value, const char* what) {
  return typed_argument<double>(job, value, napi_float64_array, "Float64Array", what);
}

Span<std::uint32_t> uint32_argument(Job* job, const Napi::Value& value, const char* what) {
  return typed_argument<std::uint32_t>(job, value, napi_uint32_array, "Uint32Array", what);
}

Span<std::uint16_t> uint16_argument(Job* job, const Napi::Value& value, const char* what) {
  return typed_argument<std::uint16_t>(job, value, napi_uint16_array, "Uint16Array", what);
}

Span<std::uint8_t> uint8_argument(Job* job, const Napi::Value& value, const char* what) {
  return typed_argument<std::uint8_t>(job, value, napi_uint8_array, "Uint8Array", what);
}

void require_matrix(std::size_t length, std::size_t rows, std::size_t columns, const char* what) {
  // Division instead of a product, which could wrap.
  const bool agrees =
      columns == 0 || rows == 0 ? length == 0 : length % columns == 0 && length / columns == rows;
  if (!agrees) {
    throw Error(ErrorCode::shape, std::string(what) + ": " + std::to_string(rows) + " rows of " +
                                      std::to_string(columns) + " columns are not " + std::to_string(length) +
                                      " values.");
  }
}

MatrixView matrix_argument(Job* job, const Napi::Value& data, const Napi::Value& rows, const Napi::Value& columns,
                           const char* what) {
  const Span<float> values = float32_argument(job, data, what);
  const std::size_t row_count = size_argument(rows, "rows");
  const std::size_t column_count = size_argument(columns, "columns");
  require_matrix(values.length, row_count, column_count, what);
  return {values.data, row_count, column_count};
}

std::size_t size_argument(const Napi::Value& value, const char* what) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= 9007199254740991.0) || number != std::floor(number)) {
    throw Error(ErrorCode::option, std::string(what) + " must be a whole number of at least 0.");
  }
  return static_cast<std::size_t>(number);
}

unsigned threads_argument(const Napi::Value& value) {
  const std::size_t threads = size_argument(value, "threads");
  if (threads > 1024) throw Error(ErrorCode::option, "threads must be 0 (all processors) to 1024.");
  return static_cast<unsigned>(threads);
}

InstructionSet instruction_set_argument(const Napi::Value& value) {
  if (!value.IsString()) throw Error(ErrorCode::option, "instructionSet must be a string.");
  return choose_instruction_set(value.As<Napi::String>().Utf8Value());
}

bool boolean_argument(const Napi::Value& value, const char* what) {
  if (!value.IsBoolean()) throw Error(ErrorCode::option, std::string(what) + " must be true or false.");
  return value.As<Napi::Boolean>().Value();
}

std::string string_argument(const Napi::Value& value, const char* what) {
  if (!value.IsString()) throw Error(ErrorCode::option, std::string(what) + " must be a string.");
  return value.As<Napi::String>().Utf8Value();
}

std::vector<std::uint32_t> copied_rows(const Napi::Value& value, const char* what) {
  const Span<std::uint32_t> span = uint32_argument(nullptr, value, what);
  return {span.data, span.data + span.length};
}

}  // namespace svp::binding
